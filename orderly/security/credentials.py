"""Credentials of requests, read by the contract's security schemes (OpenAPI 3.1, 4.8.27)."""

from collections.abc import Iterable
from typing import NamedTuple

from orderly.contract.loader import ContractError
from orderly.contract.operation import SecurityScheme
from orderly.http.errors import AmbiguousCredentials, InvalidCredential
from orderly.http.messages import Request

BEARER_TYPES = {"oauth2", "openIdConnect"}
"""The scheme types with a bearer token (RFC 6750, 2.1)."""


class Credential(NamedTuple):
    """A credential and its scheme."""

    scheme: str
    secret: str


class CredentialReader:
    """Reader of the one credential of a request."""

    def __init__(self, schemes: Iterable[SecurityScheme]) -> None:
        """Map headers to schemes.

        Raises:
            ContractError: a scheme is not supported.
        """
        self._bearer: str | None = None
        self._headers: dict[str, str] = {}
        for scheme in schemes:
            if scheme.type in BEARER_TYPES or (scheme.type == "http" and scheme.http_scheme == "bearer"):
                self._bearer = self._bearer or scheme.name
            elif scheme.type == "apiKey" and scheme.location == "header":
                self._headers[scheme.parameter.lower()] = scheme.name
            else:
                raise ContractError(
                    f"security scheme {scheme.name!r} is not supported: use bearer tokens or an API key in a header",
                    scheme.pointer,
                )

    def read(self, request: Request) -> Credential | None:
        """Return the credential, or None.

        Raises:
            AmbiguousCredentials: more than one credential was sent.
            InvalidCredential: the Authorization header has another scheme than Bearer.
        """
        authorizations = request.headers.get("authorization", [])
        keys = [
            Credential(scheme, value)
            for name, scheme in self._headers.items()
            for value in request.headers.get(name, [])
        ]
        if len(authorizations) + len(keys) > 1:
            raise AmbiguousCredentials
        if keys:
            return keys[0]
        if not authorizations:
            return None
        scheme, _, token = authorizations[0].partition(" ")
        if scheme.lower() != "bearer" or self._bearer is None:
            raise InvalidCredential
        return Credential(self._bearer, token.strip())
