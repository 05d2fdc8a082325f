"""Operations read from their nodes in the contract."""

from collections.abc import Iterator
from typing import Any

from orderly.contract.loader import ContractError
from orderly.contract.node import Node
from orderly.contract.operation import METHODS, Location, Operation, Parameter, RateLimit, ResponseSpec, SecurityScheme


def read_operations(root: Node) -> Iterator[Operation]:
    """Yield the operations of a contract, in its order of paths.

    Raises:
        ContractError: an operation lacks its operationId, a tag or a success, or has a parameter that is not served.
    """
    for path, item in root["paths"].items():
        for method in METHODS:
            node = item.get(method)
            if node is not None:
                yield _operation(root, path, item, method, node)


def read_security_schemes(root: Node) -> tuple[SecurityScheme, ...]:
    """Return the security schemes that a contract declares."""
    declared = root.get("components", "securitySchemes")
    return tuple(_security_scheme(name, node) for name, node in declared.items()) if declared else ()


def _operation(root: Node, path: str, item: Node, method: str, node: Node) -> Operation:
    value = node.value
    _check_complete(f"{method.upper()} {path}", node)
    body = node.get("requestBody")
    return Operation(
        node=node,
        operation_id=value["operationId"],
        tag=value["tags"][0],
        method=method.upper(),
        path=path,
        security=_security(value.get("security", root.value.get("security", []))),
        parameters=tuple(_parameters(item, node)),
        body={} if body is None else {kind: media["schema"] for kind, media in body["content"].items()},
        body_required=body is not None and bool(body.target.value.get("required")),
        responses={status: _response(status, response) for status, response in node["responses"].items()},
        rate_limits=_rate_limits(value.get("x-rate-limit", [])),
        idempotent=bool(value.get("x-idempotent")),
        precondition=value.get("x-precondition"),
    )


def _check_complete(name: str, node: Node) -> None:
    """Raise ContractError for an operation without a required keyword."""
    for key in ("operationId", "tags"):
        if not node.value.get(key):
            message = f"{name} needs an operationId and a tag: together they name its handler"
            raise ContractError(message, f"{node.pointer}/{key}")
    if not any(status.startswith("2") for status, _ in node["responses"].items()):
        raise ContractError(f"{name} declares no success: add a 2xx response", f"{node.pointer}/responses")


def _security(alternatives: list[dict[str, list[str]]]) -> tuple[dict[str, frozenset[str]], ...]:
    return tuple({scheme: frozenset(scopes) for scheme, scopes in each.items()} for each in alternatives)


def _security_scheme(name: str, node: Node) -> SecurityScheme:
    value = node.value
    return SecurityScheme(
        name=name,
        pointer=node.pointer,
        type=value["type"],
        http_scheme=value.get("scheme", "").lower(),
        location=value.get("in", ""),
        parameter=value.get("name", ""),
    )


def _rate_limits(value: Any) -> tuple[RateLimit, ...]:
    return tuple(RateLimit(**each) for each in (value if isinstance(value, list) else [value]))


def _parameters(item: Node, operation: Node) -> Iterator[Parameter]:
    """Return the parameters of the path and the operation. The latter override (OpenAPI 3.1, 4.8.9.1)."""
    parameters: dict[tuple[str, str], Parameter] = {}
    for holder in (item, operation):
        nodes = holder.get("parameters")
        for index in range(len(nodes.value) if nodes else 0):
            node = nodes[index].target  # type: ignore[index]  # not None, or the range is empty
            parameter = _parameter(node, node["name"].value, node["in"].value)
            parameters[parameter.name, parameter.location] = parameter
    return iter(parameters.values())


def _parameter(node: Node, name: str, location: Location) -> Parameter:
    content = node.get("content")
    schema = next(iter(content.items()))[1]["schema"] if content else node["schema"]
    value = node.value
    style = value.get("style", "form" if location in ("query", "cookie") else "simple")
    if style not in ("form", "simple"):
        message = f"{node.pointer}: style {style!r} is not supported; use form, simple or content"
        raise ContractError(message, node.pointer)
    return Parameter(
        name=name,
        location=location,
        required=bool(value.get("required")),
        schema=schema,
        is_json=content is not None,
        explode=bool(value.get("explode", style == "form")),
    )


def _response(status: str, node: Node) -> ResponseSpec:
    headers, content, links = node.get("headers"), node.get("content"), node.get("links")
    codes = node.value.get("x-error-codes")
    return ResponseSpec(
        status=status,
        media={kind: media.get("schema") for kind, media in content.items()} if content else {},
        headers=tuple(_parameter(h, name, "header") for name, h in headers.items()) if headers else (),
        links=tuple(link.value for _, link in links.items()) if links else (),
        error_codes=frozenset(codes) if codes is not None else None,
    )
