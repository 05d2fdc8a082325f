"""Routing, on Connexion's extension points."""

from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver

from orderly.contract.operation import Operation
from orderly.http.errors import MethodNotAllowed, PathNotFound
from orderly.http.messages import SCOPE_KEY, Receive, Request, Response, Scope, Send
from orderly.pipeline.operation import CompiledOperation, Dependencies
from orderly.pipeline.path_templates import PathTemplates

METHOD_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The order of methods in Allow."""


class ConnexionResolver(Resolver):
    """Resolver of handlers by tag and operationId; the contract names no Python."""

    def __init__(self, dependencies: Dependencies) -> None:
        super().__init__()
        self._find = dependencies.handlers.find
        self._operations = {operation.operation_id: operation for operation in dependencies.contract.operations}

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the handler of an operation. An operation without one is routed too, and responds 501."""
        return Resolution(self._find(self._operations[operation.operation_id]), operation.operation_id)


class ContractAPI(RoutedAPI[CompiledOperation]):
    """Compiler of the operations that Connexion reads from the 3.0 projection."""

    def __init__(self, specification: Any, *, dependencies: Dependencies, **kwargs: Any) -> None:
        super().__init__(specification, **kwargs)
        self._dependencies = dependencies
        self._declared = {(o.path, o.method): o for o in dependencies.contract.operations}
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> CompiledOperation:
        """Return the compiled operation."""
        declared = self._declared[operation.path, operation.method.upper()]
        return CompiledOperation(declared, self._dependencies)


class ContractMiddleware(RoutedMiddleware[ContractAPI]):
    """Router of requests to operations. Requests outside of the base path are passed to the pages.

    It replaces Connexion's routing, which tries all paths in order, twice. Connexion also redirects `/x/` to a host of
    the client's choice, lists the methods of one operation in a 405, and lets a newline in a path bypass every
    middleware.
    """

    api_cls = ContractAPI

    def add_api(self, specification: Any, *, dependencies: Dependencies, **kwargs: Any) -> ContractAPI:
        """Compile the operations, and index them by path and method."""
        api: ContractAPI = super().add_api(specification, dependencies=dependencies, **kwargs)
        self._base_path = dependencies.contract.base_path
        self._paths = PathTemplates(dict.fromkeys(operation.path for operation in dependencies.contract.operations))
        self._methods: dict[str, dict[str, CompiledOperation]] = {}
        for compiled in api.operations.values():
            operation: Operation = compiled.operation
            self._methods.setdefault(operation.path, {})[operation.method] = compiled
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            PathNotFound: no operation has the path.
            MethodNotAllowed: only other methods have an operation on the path.
        """
        if scope["type"] != "http" or not scope["path"].startswith(f"{self._base_path}/"):
            await self.app(scope, receive, send)
            return
        request: Request = scope[SCOPE_KEY]
        match = self._paths.find(request.path[len(self._base_path) :])
        if match is None:
            raise PathNotFound
        template, request.path_arguments = match
        methods = self._methods[template]
        method = "GET" if request.method == "HEAD" else request.method
        if method in methods:
            await methods[method](request, receive, send)
        elif method == "OPTIONS":
            await Response(204, {"Allow": _allow(methods)}, media_type=None).send(send)
        else:
            raise MethodNotAllowed(_allow(methods))


def _allow(methods: dict[str, CompiledOperation]) -> str:
    """Return the Allow header (RFC 9110, 10.2.1) of a path."""
    allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(method for method in METHOD_ORDER if method in allowed)
