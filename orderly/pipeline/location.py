"""Where a created thing is: its URL, as the contract's own links tell it."""

from collections.abc import Callable
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.operation import Operation
from orderly.http.messages import Request


def location_builder(contract: Contract, operation: Operation) -> Callable[[dict[str, Any], Request], str]:
    """What makes the `Location` of a 201: the path of its first link, filled from the answer.

    Raises:
        ContractError: the answer has no link, or one whose parameters are not taken from the body or the path.
    """
    links = operation.success.links
    target = next((o for o in contract.operations if links and o.operation_id == links[0].get("operationId")), None)
    if target is None:
        raise ContractError(f"{operation.operation_id} declares Location but no link to what it creates")
    sources = [(name, _source(operation, expression)) for name, expression in links[0]["parameters"].items()]
    template = contract.base_path + target.path

    def build(body: dict[str, Any], request: Request) -> str:
        return template.format(**{name: source(body, request) for name, source in sources})

    return build


def _source(operation: Operation, expression: str) -> Callable[[dict[str, Any], Request], Any]:
    """Reads a runtime expression (OpenAPI 3.1, 4.8.20.3) of the two kinds that an URL needs."""
    place, _, name = expression.partition("#/")
    if place == "$response.body" and name and "/" not in name:
        return lambda body, _: body[name]
    name = expression.removeprefix("$request.path.")
    if name != expression:
        return lambda _, request: request.path_arguments[name]
    raise ContractError(f"{operation.operation_id}: the link expression {expression!r} is not served")
