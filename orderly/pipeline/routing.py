"""Connexion's joints: it reads the shell and makes the operations; one look-up finds that of a request."""

from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver

from orderly.contract.operation import Operation
from orderly.http.errors import MethodNotAllowed, PathNotFound
from orderly.http.messages import SCOPE_KEY, Receive, Request, Response, Scope, Send
from orderly.pipeline.operation import CompiledOperation, Dependencies
from orderly.pipeline.path_templates import PathTemplates

ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class ConnexionResolver(Resolver):
    """Resolves by tag and operationId; the contract names no Python."""

    def __init__(self, dependencies: Dependencies) -> None:
        super().__init__()
        self._find = dependencies.handlers.find
        self._operations = {operation.operation_id: operation for operation in dependencies.contract.operations}

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the handler of an operation; one without is routed all the same, and responds 501."""
        return Resolution(self._find(self._operations[operation.operation_id]), operation.operation_id)


class ContractAPI(RoutedAPI[CompiledOperation]):
    """Compiles each operation that Connexion finds in the shell, once, at start."""

    def __init__(self, specification: Any, *, dependencies: Dependencies, **kwargs: Any) -> None:
        super().__init__(specification, **kwargs)
        self._dependencies = dependencies
        self._declared = {(o.path, o.method): o for o in dependencies.contract.operations}
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> CompiledOperation:
        """The operation with everything that serving it takes."""
        declared = self._declared[operation.path, operation.method.upper()]
        return CompiledOperation(declared, self._dependencies)


class ContractMiddleware(RoutedMiddleware[ContractAPI]):
    """Leads every request below the base path to its operation, and all others to the pages.

    Connexion's own routing would try all paths in order, twice, redirect `/x/` to a host of the client's choice,
    answer 405 with the methods of one operation, and let a newline in a path by-pass every middleware.
    """

    api_cls = ContractAPI

    def add_api(self, specification: Any, *, dependencies: Dependencies, **kwargs: Any) -> ContractAPI:
        """Take the contract in."""
        api: ContractAPI = super().add_api(specification, dependencies=dependencies, **kwargs)
        self._base_path = dependencies.contract.base_path
        self._paths = PathTemplates(dict.fromkeys(operation.path for operation in dependencies.contract.operations))
        self._methods: dict[str, dict[str, CompiledOperation]] = {}
        for compiled in api.operations.values():
            operation: Operation = compiled.operation
            self._methods.setdefault(operation.path, {})[operation.method] = compiled
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            PathNotFound: no operation has the path.
            MethodNotAllowed: it is there for other methods.
        """
        if scope["type"] != "http" or not scope["path"].startswith(f"{self._base_path}/"):
            await self.app(scope, receive, send)
            return
        request: Request = scope[SCOPE_KEY]
        found = self._paths.find(request.path[len(self._base_path) :])
        if found is None:
            raise PathNotFound
        template, request.path_arguments = found
        methods = self._methods[template]
        method = "GET" if request.method == "HEAD" else request.method
        if method in methods:
            await methods[method](request, receive, send)
        elif method == "OPTIONS":
            await Response(204, {"Allow": _allow(methods)}, media_type=None).send(send)
        else:
            raise MethodNotAllowed(_allow(methods))


def _allow(methods: dict[str, CompiledOperation]) -> str:
    """The methods of a path, as Allow lists them (RFC 9110, 10.2.1)."""
    present = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(method for method in ORDER if method in present)
