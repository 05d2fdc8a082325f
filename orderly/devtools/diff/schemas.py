"""Comparison of two schemas with all subschemas."""

from collections.abc import Iterator
from functools import partial

from orderly.contract.node import Node
from orderly.devtools.diff.changes import Change, Comparison, Severity
from orderly.devtools.diff.constraints import (
    Direction,
    Members,
    keyword_value,
    members,
    rule_changes,
    types_of,
    wording_changes,
)

Seen = frozenset[tuple[str, str]]


def schema_changes(pair: Comparison, direction: Direction, seen: Seen = frozenset()) -> Iterator[Change]:
    """Yield every change between two schemas and their subschemas."""
    if pair.old is None or pair.new is None or (pair.old.pointer, pair.new.pointer) in seen:
        return
    old, new = members(pair.old), members(pair.new)
    further = seen | {(pair.old.pointer, pair.new.pointer)}
    yield from wording_changes(pair, old, new)
    if _has_alternatives(old) or _has_alternatives(new):
        yield from _alternatives(pair, direction, further, (_options(pair.old, old), _options(pair.new, new)))
        if _has_alternatives(old) != _has_alternatives(new):
            return
    yield from rule_changes(pair, direction, old, new)
    yield from _properties(pair, direction, further, old, new)
    for key in ("items", "additionalProperties"):
        if _is_schema(old.get(key)) and _is_schema(new.get(key)):
            yield from schema_changes(pair.of(old[key], new[key]), direction, further)
    for key in ("prefixItems", "allOf"):
        yield from _listed(pair, direction, further, key, (old, new))


def _properties(pair: Comparison, direction: Direction, seen: Seen, old: Members, new: Members) -> Iterator[Change]:
    before, after = _children(old, "properties"), _children(new, "properties")
    required = set(keyword_value(new, "required") or ())
    for name in {**before, **after}:
        both = pair.of(before.get(name), after.get(name))
        if name not in after:
            yield both.change(Severity.BREAKING, f"{name} was removed")
        elif name in before:
            yield from schema_changes(both, direction, seen)
        elif name in required:
            yield both.change(direction.narrower(), f"{name} was added, and is required")
        else:
            yield both.change(Severity.COMPATIBLE, f"{name} was added")


def _children(schema: Members, key: str) -> dict[str, Node]:
    return {name: schema[key][name] for name in schema[key].value} if key in schema else {}


def _is_schema(node: Node | None) -> bool:
    return node is not None and isinstance(node.value, dict)


def _listed(
    pair: Comparison, direction: Direction, seen: Seen, key: str, both: tuple[Members, Members]
) -> Iterator[Change]:
    before, after = (list(_nodes(schema, key)) for schema in both)
    for old, new in zip(before, after, strict=False):
        yield from schema_changes(pair.of(old, new), direction, seen)
    if len(before) != len(after):
        severity = direction.narrower() if len(after) > len(before) else direction.wider()
        yield pair.change(severity, f"`{key}` has {len(after)} members instead of {len(before)}")


def _nodes(schema: Members, key: str) -> Iterator[Node]:
    return (schema[key][index] for index in range(len(schema[key].value))) if key in schema else iter(())


def _has_alternatives(schema: Members) -> bool:
    return "anyOf" in schema or "oneOf" in schema


def _options(node: Node, schema: Members) -> list[Node]:
    """Return the alternatives of a schema, or the schema itself."""
    return [*_nodes(schema, "anyOf"), *_nodes(schema, "oneOf")] or [node]


def _alternatives(
    pair: Comparison, direction: Direction, seen: Seen, both: tuple[list[Node], list[Node]]
) -> Iterator[Change]:
    """Compare similar alternatives; the others were added or removed."""
    before, after = list(both[0]), list(both[1])
    for is_similar in (_is_same, _is_of_same_type):
        for old in list(before):
            new = next(filter(partial(is_similar, old), after), None)
            if new is not None:
                before.remove(old)
                after.remove(new)
                yield from schema_changes(pair.of(old, new), direction, seen)
    yield from (pair.of(None, new).change(direction.wider(), "an alternative was added") for new in after)
    yield from (pair.of(old, None).change(direction.narrower(), "an alternative was removed") for old in before)


def _is_same(old: Node, new: Node) -> bool:
    return (old.target.pointer == new.target.pointer and "$ref" in old.value) or old.value == new.value


def _is_of_same_type(old: Node, new: Node) -> bool:
    return types_of(members(old)) == types_of(members(new))
