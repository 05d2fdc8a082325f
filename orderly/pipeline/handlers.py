"""The application's handlers and authenticators, bound to the contract and to the objects that all requests share."""

from collections.abc import Mapping
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.pipeline.authenticators import bind_authenticators
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.pipeline.injection import BoundFunction, Function
from orderly.security.credentials import CredentialReader


class Handlers:
    """Finds the function of an operation and checks that it takes what the contract gives."""

    def __init__(self, contract: Contract, resolver: HandlerResolver, services: Mapping[type, Any]) -> None:
        """Bind the authenticators.

        Args:
            contract: what is served.
            resolver: finds functions of the application.
            services: the injectable objects that all requests share, by their types.

        Raises:
            ContractError: a security scheme has no authenticator, or is not served.
        """
        self._resolver = resolver
        self._services = services
        self._reads = {operation.path: operation for operation in contract.operations if operation.method == "GET"}
        self.authenticators = bind_authenticators(contract, resolver, services)
        self.credentials = CredentialReader(s for s in contract.security_schemes if s.name in self.authenticators)

    def find(self, operation: Operation) -> Function | None:
        """Return the handler of an operation, None if it is not written yet."""
        return self._resolver.handler(operation)

    def bind(self, operation: Operation) -> BoundFunction | None:
        """Return the handler of an operation, None if it is not written yet.

        Raises:
            ContractError: it takes an argument that the contract does not have, or replaces one that it has.
        """
        function = self.find(operation)
        if function is None:
            return None
        bound = BoundFunction(function, self._services)
        given = {p.argument for p in operation.parameters} | ({"body"} if operation.body else set())
        if unknown := sorted(set(bound.names) - given):
            raise ContractError(
                f"{bound.name} takes {', '.join(unknown)}, which {operation.method} {operation.path} does not have"
            )
        if replaced := sorted(bound.injected & given):
            raise ContractError(
                f"{bound.name}: {', '.join(replaced)} is a parameter of {operation.method} {operation.path}; "
                "give the engine's object another name"
            )
        return bound

    def bind_read(self, operation: Operation) -> BoundFunction | None:
        """Return the handler of the GET on the same path, None without one."""
        read = self._reads.get(operation.path)
        return self.bind(read) if read and operation.precondition else None

    def is_immediate(self, operation: Operation) -> bool:
        """Return whether an operation takes nothing that it could wait for: it is served without a thread."""
        handler = self.bind(operation)
        takes = bool(operation.parameters or operation.rate_limits or operation.security)
        return operation.method == "GET" and not takes and not (handler and (handler.needs or handler.names))
