"""Comparison of the parameters, bodies and responses of an operation."""

from collections.abc import Iterator

from orderly.contract.node import Node
from orderly.devtools.diff.changes import ANNOUNCEMENTS, Change, Comparison, Severity, announced, how
from orderly.devtools.diff.constraints import Direction
from orderly.devtools.diff.schemas import schema_changes

COMPATIBLE, BREAKING, DOCS = Severity.COMPATIBLE, Severity.BREAKING, Severity.DOCS


def parameter_changes(item: Comparison, operation: Comparison) -> Iterator[Change]:
    """Yield changes of the parameters of an operation and its path."""
    before, after = _parameters_of(item.old, operation.old), _parameters_of(item.new, operation.new)
    for key in {**before, **after}:
        both = operation.of(before.get(key), after.get(key))
        name = f"the {key[1]} parameter {key[0]}"
        yield from _holder(both, name, Direction.REQUEST)
        if both.old and both.new:
            if _serialization(both.old) != _serialization(both.new):
                yield both.change(BREAKING, f"the serialization of {name} changed")
            yield from schema_changes(_schema(both), Direction.REQUEST)


def _serialization(parameter: Node) -> tuple[object, ...]:
    """Return the serialization of a parameter, with defaults (OpenAPI 3.1, 4.8.12.2)."""
    declared = parameter.target.value
    style = declared.get("style", "form" if declared["in"] in ("query", "cookie") else "simple")
    return style, declared.get("explode", style == "form"), bool(declared.get("allowReserved")), "content" in declared


def _parameters_of(*holders: Node | None) -> dict[tuple[str, str], Node]:
    parameters = {}
    for holder in holders:
        listed = holder.get("parameters") if holder else None
        for index in range(len(listed.value) if listed else 0):
            node = listed[index]  # type: ignore[index]  # the range is empty without parameters
            value = node.target.value
            parameters[value["name"].lower() if value["in"] == "header" else value["name"], value["in"]] = node
    return parameters


def _holder(both: Comparison, name: str, direction: Direction) -> Iterator[Change]:
    """Yield changes common to parameters, bodies and response headers."""
    before, after = (bool(value) for value in both.values("required"))
    if both.old is None:
        yield both.change(
            direction.narrower() if after else COMPATIBLE, f"{name} was added{' and is required' * after}"
        )
    elif both.new is None:
        yield both.change(BREAKING, f"{name} was removed")
    else:
        if before != after:
            severity = direction.narrower() if after else direction.wider()
            yield both.change(severity, f"{name} is {'required now' if after else 'no longer required'}")
        for key in ("description", "example", "examples", *ANNOUNCEMENTS):
            if both.values(key)[0] != both.values(key)[1]:
                yield both.change(announced(key, *both.values(key)), f"the `{key}` of {name} changed")


def _schema(both: Comparison) -> Comparison:
    """Return the schema of a parameter or header."""
    return both.of(*(_schema_of(node) for node in (both.old, both.new)))


def _schema_of(node: Node | None) -> Node | None:
    content = node.get("content") if node else None
    if content is not None:
        return next(iter(content.items()))[1].get("schema")
    return node.get("schema") if node else None


def body_changes(operation: Comparison) -> Iterator[Change]:
    """Yield changes of the request body."""
    both = operation.child("requestBody")
    if both.old or both.new:
        yield from _holder(both, "the body", Direction.REQUEST)
    if both.old and both.new:
        yield from _content(both, Direction.REQUEST)


def _content(both: Comparison, direction: Direction) -> Iterator[Change]:
    for kind, media in both.by_key("content"):
        if media.old is None:
            yield media.change(COMPATIBLE, f"{kind} was added")
        elif media.new is None:
            yield media.change(BREAKING, f"{kind} was removed")
        else:
            if any(media.values(key)[0] != media.values(key)[1] for key in ("example", "examples")):
                yield media.change(DOCS, "the examples changed")
            schema = media.child("schema")
            if (schema.old is None) != (schema.new is None):
                yield media.change(
                    direction.changed(schema.old, schema.new), f"the schema {how(schema.old, schema.new)}"
                )
            yield from schema_changes(schema, direction)


def response_changes(status: str, both: Comparison) -> Iterator[Change]:
    """Yield changes of a response: body, headers, links and error codes."""
    if both.old is None:
        yield both.change(COMPATIBLE, f"the response {status} was added")
    elif both.new is None:
        severity = BREAKING if status.startswith("2") else COMPATIBLE
        yield both.change(severity, f"the response {status} was removed")
    else:
        if both.values("description")[0] != both.values("description")[1]:
            yield both.change(DOCS, f"the description of the response {status} changed")
        yield from _content(both, Direction.RESPONSE)
        yield from _headers_and_links(both)
        yield from _codes(both)


def _headers_and_links(response: Comparison) -> Iterator[Change]:
    for name, both in response.by_key("headers"):
        yield from _holder(both, f"the header {name}", Direction.RESPONSE)
        if both.old and both.new:
            yield from schema_changes(_schema(both), Direction.RESPONSE)
    for name, both in response.by_key("links"):
        if both.old is None or both.new is None:
            yield both.change(COMPATIBLE if both.new else BREAKING, f"the link {name} {how(both.old, both.new)}")
        elif both.old.target.value != both.new.target.value:
            yield both.change(BREAKING, f"the target of the link {name} changed")


def _codes(response: Comparison) -> Iterator[Change]:
    before, after = (set(value or ()) for value in response.values("x-error-codes"))
    yield from (response.change(COMPATIBLE, f"the code {code} was added") for code in sorted(after - before))
    yield from (response.change(COMPATIBLE, f"the code {code} was removed") for code in sorted(before - after))
