"""Authenticators of the application, bound to the contract's security schemes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

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

    Args:
        contract: the contract to serve.
        resolver: finds functions of the application.
        services: the injectable objects that all requests share, by type.

    Raises:
        ContractError: a scheme is not declared or has no authenticator, or its function has other parameters than a
            credential and what an authenticator can use.
    """
    used = {scheme: operation for operation in contract.operations for each in operation.security for scheme in each}
    declared = {scheme.name for scheme in contract.security_schemes}
    for name, operation in used.items():
        if name not in declared:
            raise ContractError(
                f"{operation.operation_id} requires the security scheme {name!r}, which components do not declare",
                f"{operation.node.pointer}/security",
            )
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
    if len(bound.parameter_names) != 1:
        raise ContractError(f"{bound.name} must take the credential, and other arguments only by annotation")
    if unavailable := bound.injected_types & {Session, Caller}:
        names = ", ".join(sorted(kind.__name__ for kind in unavailable))
        raise ContractError(
            f"{bound.name} takes {names}: an authenticator runs before both. Use ReadSession or Database"
        )
    [credential] = bound.parameter_names

    def authenticate(secret: str, request: Request, session: ReadSession | None) -> Caller | None:
        caller: Caller | None = bound({credential: secret}, {Request: request, ReadSession: session})
        return caller

    return authenticate
