"""The application's authenticators, bound to the security schemes of the contract."""

from collections.abc import Mapping
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.database.connections import ReadSession
from orderly.http.messages import Request
from orderly.pipeline.handler_resolver import HandlerResolver, identifier
from orderly.pipeline.injection import BoundFunction
from orderly.security.authorization import Authenticate
from orderly.security.caller import Caller


def bind_authenticators(
    contract: Contract, resolver: HandlerResolver, services: Mapping[type, Any]
) -> dict[str, Authenticate]:
    """Return the authenticator of each scheme that an operation uses.

    Raises:
        ContractError: a scheme has none.
    """
    used = {scheme for operation in contract.operations for each in operation.security for scheme in each}
    return {
        scheme.name: _bind(scheme.name, scheme.pointer, resolver, services)
        for scheme in contract.security_schemes
        if scheme.name in used
    }


def _bind(scheme: str, pointer: str, resolver: HandlerResolver, services: Mapping[type, Any]) -> Authenticate:
    function = resolver.authenticator(scheme)
    if function is None:
        raise ContractError(
            f"security scheme {scheme!r} has no authenticator: write the function {identifier(scheme)} "
            "in handlers/security.py",
            pointer,
        )
    bound = BoundFunction(function, services)
    if len(bound.names) != 1:
        raise ContractError(f"{bound.name} must take the credential and, by annotation, what it needs of the engine")
    [credential] = bound.names

    def authenticate(secret: str, request: Request, session: ReadSession | None) -> Caller | None:
        caller: Caller | None = bound({credential: secret}, {Request: request, ReadSession: session})
        return caller

    return authenticate
