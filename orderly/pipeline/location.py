"""The Location header of created objects, built from the contract's links."""

from collections.abc import Callable
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.http.messages import Request


def location_builder(contract: Contract, operation: Operation) -> Callable[[dict[str, Any], Request], str]:
    """Return a function that builds Location.

    The value is the path of the response's first link, filled in from the body and the request's path.

    Raises:
        ContractError: the response has no link, or one with a parameter that is not from the body or the path.
    """
    links = operation.success.links
    target = next((o for o in contract.operations if links and o.operation_id == links[0].get("operationId")), None)
    if target is None:
        raise ContractError(f"{operation.operation_id} declares Location but no link to the created object")
    sources = [(name, _source(operation, expression)) for name, expression in links[0]["parameters"].items()]
    template = contract.base_path + target.path

    def build(body: dict[str, Any], request: Request) -> str:
        return template.format(**{name: source(body, request) for name, source in sources})

    return build


def _source(operation: Operation, expression: str) -> Callable[[dict[str, Any], Request], Any]:
    """Return the reader of a runtime expression (OpenAPI 3.1, 4.8.20.3)."""
    place, _, name = expression.partition("#/")
    if place == "$response.body" and name and "/" not in name:
        return lambda body, _: body[name]
    name = expression.removeprefix("$request.path.")
    if name != expression:
        return lambda _, request: request.path_arguments[name]
    raise ContractError(f"{operation.operation_id}: the link expression {expression!r} is not supported")
