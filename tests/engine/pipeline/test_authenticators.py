"""Security schemes and their authenticators, checked at start."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from orderly import Caller, ReadSession
from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.pipeline.handlers import Handlers
from orderly.pipeline.injection import Function

CONTRACT = """
openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
servers: [{url: /v1}]
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    apiKey: {type: apiKey, in: header, name: X-Key}
    session: {type: apiKey, in: cookie, name: session}
paths:
  /notes:
    get:
      operationId: list_notes
      tags: [notes]
      security: SECURITY
      responses: {"200": {description: All notes.}}
"""


class Resolver:
    """Resolves authenticators from a dictionary, and no handlers."""

    def __init__(self, authenticators: dict[str, Function]) -> None:
        self._authenticators = authenticators

    def handler(self, _: Any) -> None:
        """Return no handler."""

    def authenticator(self, scheme: str) -> Function | None:
        """Return the authenticator of a scheme."""
        return self._authenticators.get(scheme)


def verify(credential: str) -> Caller | None:
    return Caller("1") if credential == "secret" else None


def bind(security: str, **authenticators: Callable[..., Any]) -> Handlers:
    contract = Contract(CONTRACT.replace("SECURITY", security).encode())
    return Handlers(contract, Resolver(authenticators), {})  # type: ignore[arg-type]  # the same methods


def test_a_used_scheme_needs_an_authenticator() -> None:
    with pytest.raises(ContractError, match="'bearer' has no authenticator: write the function bearer"):
        bind("[{bearer: []}]")


def test_the_missing_authenticator_has_its_snake_case_name() -> None:
    with pytest.raises(ContractError, match="write the function api_key in"):
        bind("[{apiKey: []}]")


def test_an_unused_scheme_needs_none() -> None:
    assert bind("[{bearer: []}]", bearer=verify).authenticators.keys() == {"bearer"}


def test_an_undeclared_scheme_is_refused() -> None:
    with pytest.raises(ContractError, match="list_notes requires the security scheme 'oauth'"):
        bind("[{oauth: []}]", oauth=verify)


def test_a_key_in_a_cookie_is_refused() -> None:
    with pytest.raises(ContractError, match="session"):
        bind("[{session: []}]", session=verify)


def test_an_authenticator_takes_one_credential() -> None:
    def both(name: str, password: str) -> Caller | None:
        return verify(name + password)

    with pytest.raises(ContractError, match="must take the credential"):
        bind("[{bearer: []}]", bearer=both)


def test_an_authenticator_cannot_take_the_write_session() -> None:
    def writes(token: str, *, session: Session) -> Caller | None:
        return verify(token)

    with pytest.raises(ContractError, match="database"):
        bind("[{bearer: []}]", bearer=writes)


def test_an_authenticator_without_a_database_cannot_read_it() -> None:
    def reads(token: str, *, session: ReadSession) -> Caller | None:
        return verify(token)

    with pytest.raises(ContractError, match="this application has no database"):
        bind("[{bearer: []}]", bearer=reads)


def test_an_authenticator_cannot_take_the_caller() -> None:
    def knows(token: str, *, caller: Caller) -> Caller | None:
        return caller

    with pytest.raises(ContractError, match="takes Caller: an authenticator runs before both"):
        bind("[{bearer: []}]", bearer=knows)
