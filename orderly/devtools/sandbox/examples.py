"""The answers that the contract gives as examples."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.times import parse_time

Example = dict[str, Any]
"""A thing as an example shows it."""


def answer_of(operation: Operation, status: str, name: str | None = None) -> tuple[str | None, Any]:
    """The media type and the body of a declared answer; (None, None) for one without a body.

    Args:
        operation: whose answer it is.
        status: as the contract declares it.
        name: which of several examples; the first if left out.
    """
    content = operation.node["responses"][status].get("content")
    for kind, media in content.items() if content else ():
        found = examples_of(media)
        return kind, found.get(name or "", next(iter(found.values()), None))
    return None, None


def shown_by(operation: Operation) -> Example:
    """What an operation answers when it succeeds; nothing if that is no object."""
    _, body = answer_of(operation, operation.success.status)
    return body if isinstance(body, dict) else {}


def moment(value: Any) -> datetime | None:
    """The point in time that stands in an example; None if that is none."""
    try:
        return parse_time(value)
    except (TypeError, ValueError):
        return None


def bodies_of(operation: Operation) -> list[Any]:
    """The bodies that an operation is shown with."""
    content = operation.node.get("requestBody", "content", "application/json")
    return list(examples_of(content).values()) if content else []


def examples_of(media: Node) -> dict[str, Any]:
    """The examples of a media type by name; without any, that of its schema."""
    if single := media.get("example"):
        return {"": single.value}
    if named := media.get("examples"):
        return {name: each["value"].value for name, each in named.items()}
    shown = media.get("schema", "examples", 0)
    return {"": shown.value} if shown else {}


def headers_of(operation: Operation, status: str) -> dict[str, str]:
    """The headers that a declared answer always has, as their schemas show them."""
    required = [header for header in operation.responses[status].headers if header.required]
    shown = {header.name: header.schema.get("examples", 0) for header in required}
    return {name: str(value.value) for name, value in shown.items() if value}


def objects_with(value: Any, *names: str) -> Iterator[Example]:
    """Every object anywhere in the examples of a document that has all these members as text."""
    if isinstance(value, dict):
        if all(isinstance(value.get(name), str) for name in names):
            yield value
        for each in value.values():
            yield from objects_with(each, *names)
    elif isinstance(value, list):
        for each in value:
            yield from objects_with(each, *names)


def ids_in(example: Any) -> Iterator[str]:
    """The ids of a thing and of what it is made of, but none that lead to other things."""
    if isinstance(example, dict):
        if isinstance(example.get("id"), str):
            yield example["id"]
        for each in example.values():
            yield from ids_in(each)
    elif isinstance(example, list):
        for each in example:
            yield from ids_in(each)
