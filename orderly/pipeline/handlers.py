"""Handlers and authenticators of the application, bound to the contract."""

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
    """The handlers of a contract's operations, with their signatures checked."""

    def __init__(self, contract: Contract, resolver: HandlerResolver, services: Mapping[type, Any]) -> None:
        """Bind the authenticators.

        Args:
            contract: the contract to serve.
            resolver: finds functions of the application.
            services: the injectable objects that all requests share, by type.

        Raises:
            ContractError: a security scheme has no authenticator, or is not supported.
        """
        self._resolver = resolver
        self._services = services
        self._reads = {operation.path: operation for operation in contract.operations if operation.method == "GET"}
        self.authenticators = bind_authenticators(contract, resolver, services)
        self.credentials = CredentialReader(s for s in contract.security_schemes if s.name in self.authenticators)

    def find(self, operation: Operation) -> Function | None:
        """Return the handler of an operation, or None."""
        return self._resolver.handler(operation)

    def bind(self, operation: Operation) -> BoundFunction | None:
        """Return the handler of an operation with its signature checked, or None.

        Raises:
            ContractError: the handler takes an unknown argument, or injects an object under a parameter's name.
        """
        function = self.find(operation)
        if function is None:
            return None
        bound = BoundFunction(function, self._services)
        declared = {p.argument for p in operation.parameters} | ({"body"} if operation.body else set())
        if unknown := sorted(set(bound.parameter_names) - declared):
            raise ContractError(
                f"{bound.name} takes {', '.join(unknown)}, which {operation.method} {operation.path} does not have"
            )
        if replaced := sorted(bound.injected_names & declared):
            raise ContractError(
                f"{bound.name}: {', '.join(replaced)} is a parameter of {operation.method} {operation.path}; "
                "rename the argument of the engine's object"
            )
        return bound

    def bind_read(self, operation: Operation) -> BoundFunction | None:
        """Return the handler of the GET on the same path, or None. Preconditions compare its result."""
        read = self._reads.get(operation.path)
        return self.bind(read) if read and operation.precondition else None
