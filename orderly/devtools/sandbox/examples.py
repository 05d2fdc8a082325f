"""Examples of the contract as responses and request bodies."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.times import parse_time

Example = dict[str, Any]
"""An object in an example."""


def example_response(operation: Operation, status: str, name: str | None = None) -> tuple[str | None, Any]:
    """Return the media type and body of a response, or twice None.

    Args:
        operation: the operation of the response.
        status: the status as the contract declares it.
        name: the name of the example; by default the first.
    """
    content = operation.node["responses"][status].get("content")
    for kind, media in content.items() if content else ():
        examples = examples_of(media)
        return kind, examples.get(name or "", next(iter(examples.values()), None))
    return None, None


def example_result(operation: Operation) -> Example:
    """Return the example object of the success response, or an empty one."""
    _, body = example_response(operation, operation.success.status)
    return body if isinstance(body, dict) else {}


def moment(value: Any) -> datetime | None:
    """Return the time in an example, or None for other values."""
    try:
        return parse_time(value)
    except (TypeError, ValueError):
        return None


def bodies_of(operation: Operation) -> list[Any]:
    """Return the examples of the request body."""
    content = operation.node.get("requestBody", "content", "application/json")
    return list(examples_of(content).values()) if content else []


def examples_of(media: Node) -> dict[str, Any]:
    """Return the examples of a media type or its schema, by name."""
    if single := media.get("example"):
        return {"": single.value}
    if named := media.get("examples"):
        return {name: each["value"].value for name, each in named.items()}
    example = media.get("schema", "examples", 0)
    return {"": example.value} if example else {}


def headers_of(operation: Operation, status: str) -> dict[str, str]:
    """Return the required headers of a response, from their examples."""
    required = [header for header in operation.responses[status].headers if header.required]
    examples = {header.name: header.schema.get("examples", 0) for header in required}
    return {name: str(value.value) for name, value in examples.items() if value}


def objects_with(value: Any, *names: str) -> Iterator[Example]:
    """Yield every object in a document with all these members as strings."""
    if isinstance(value, dict):
        if all(isinstance(value.get(name), str) for name in names):
            yield value
        for each in value.values():
            yield from objects_with(each, *names)
    elif isinstance(value, list):
        for each in value:
            yield from objects_with(each, *names)


def ids_in(example: Any) -> Iterator[str]:
    """Yield the ids of an object and its parts, without references."""
    if isinstance(example, dict):
        if isinstance(example.get("id"), str):
            yield example["id"]
        for each in example.values():
            yield from ids_in(each)
    elif isinstance(example, list):
        for each in example:
            yield from ids_in(each)
