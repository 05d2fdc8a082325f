"""How a schema has changed. What clients send may become wider, what they are given may become narrower."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import partial
from typing import Any

from openapi.node import Node
from openapi.workbench.changes import ANNOUNCEMENTS, Change, Pair, Rating, announced

UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
OPAQUE = (
    *("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType", "contentSchema"),
    *("propertyNames", "patternProperties", "contains", "not", "if", "then", "else", "unevaluatedItems"),
    *("unevaluatedProperties", "dependentRequired", "dependentSchemas", "discriminator", "readOnly", "writeOnly"),
)
"""Whether one value of these is wider than another is not decided: any change of them is a change of what fits."""
OPEN = "x-open"
"""What says of listed values that more of them may come in answers, which clients then have to expect."""
WORDS = ("title", "description", "example", "examples", "$comment", "externalDocs")
ALL_TYPES = frozenset({"array", "boolean", "null", "number", "object", "string", "integer"})
Members = Mapping[str, Node]
Seen = frozenset[tuple[str, str]]


class Way(Enum):
    """Which way a value goes."""

    TAKEN = "taken"
    GIVEN = "given"

    def wider(self) -> Rating:
        """The rating of a schema that more values fit now."""
        return Rating.ADDITION if self is Way.TAKEN else Rating.BREAKING

    def narrower(self) -> Rating:
        """The rating of a schema that fewer values fit now."""
        return Rating.BREAKING if self is Way.TAKEN else Rating.ADDITION

    def changed(self, old: object, new: object) -> Rating:
        """The rating of a rule that came, went or is another now."""
        if old is None:
            return self.narrower()
        return self.wider() if new is None else Rating.BREAKING


def schema_changes(pair: Pair, way: Way, seen: Seen = frozenset()) -> Iterator[Change]:
    """Every change between two schemas and in what stands below them."""
    if pair.old is None or pair.new is None or (pair.old.pointer, pair.new.pointer) in seen:
        return
    old, new = members(pair.old), members(pair.new)
    further = seen | {(pair.old.pointer, pair.new.pointer)}
    yield from _wording(pair, old, new)
    if _has_alternatives(old) or _has_alternatives(new):
        yield from _alternatives(pair, way, further, (_options(pair.old, old), _options(pair.new, new)))
        if _has_alternatives(old) != _has_alternatives(new):
            return
    for rule in (_types, _values, _bounds, _opaque, _required, _default, _open, _items):
        yield from rule(pair, way, old, new)
    yield from _properties(pair, way, further, old, new)
    for key in ("items", "additionalProperties"):
        if _is_schema(old.get(key)) and _is_schema(new.get(key)):
            yield from schema_changes(pair.of(old[key], new[key]), way, further)
    for key in ("prefixItems", "allOf"):
        yield from _listed(pair, way, further, key, (old, new))


def members(schema: Node) -> Members:
    """What a schema says, with what stands beside its `$ref` before what the reference leads to."""
    found: dict[str, Node] = {}
    for node in (schema, schema.target):
        for key, value in node.value.items() if isinstance(node.value, dict) else ():
            if key != "$ref":
                step = key.replace("~", "~0").replace("/", "~1")
                found.setdefault(key, Node(node.document, f"{node.pointer}/{step}", value))
    if schema.target.value is False:
        found["not"] = Node(schema.document, schema.target.pointer, True)
    return found


def _wording(pair: Pair, old: Members, new: Members) -> Iterator[Change]:
    for key in [
        key for key in {**old, **new} if key in (*WORDS, *ANNOUNCEMENTS) or (key.startswith("x-") and key != OPEN)
    ]:
        if _said(old, key) != _said(new, key):
            rating = announced(key, _said(old, key), _said(new, key))
            yield pair.change(rating, f"`{key}` {_came_or_went(old, new, key)}")


def _came_or_went(old: Members, new: Members, key: str) -> str:
    if key not in old:
        return "was added"
    return "was removed" if key not in new else "changed"


def _said(schema: Members, key: str) -> Any:
    return schema[key].value if key in schema else None


def _set_change(
    pair: Pair, way: Way, what: str, old: set[str], new: set[str], *, is_open: bool = False
) -> Iterator[Change]:
    if new - old:
        yield pair.change(Rating.ADDITION if is_open else way.wider(), f"{what} {_listing(new - old)} may come now")
    if old - new:
        yield pair.change(way.narrower(), f"{what} {_listing(old - new)} may come no more")


def _listing(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _types(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    return _set_change(pair, way, "type", _types_of(old), _types_of(new))


def _types_of(schema: Members) -> set[str]:
    kinds = _said(schema, "type")
    found = {kinds} if isinstance(kinds, str) else set(kinds or ALL_TYPES)
    return found | {"integer"} if "number" in found else found


def _values(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    before, after = _values_of(old), _values_of(new)
    if before is not None and after is not None:
        yield from _set_change(pair, way, "value", before, after, is_open=OPEN in old)
    elif before != after:
        yield pair.change(way.changed(before, after), f"the list of values {'went' if after is None else 'came'}")
    if (OPEN in old) != (OPEN in new) and way is Way.GIVEN:
        rating = way.wider() if OPEN in new else way.narrower()
        yield pair.change(rating, f"`{OPEN}` {_came_or_went(old, new, OPEN)}")


def _values_of(schema: Members) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"].value)}
    return {repr(value) for value in schema["enum"].value} if "enum" in schema else None


def _bounds(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    for key in (*UPPER, *LOWER):
        before, after = _said(old, key), _said(new, key)
        if before == after:
            continue
        rating = way.changed(before, after)
        if before is not None and after is not None:
            rating = way.wider() if (after > before) == (key in UPPER) else way.narrower()
        yield pair.change(rating, f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _opaque(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    for key in OPAQUE:
        before, after = _said(old, key) or None, _said(new, key) or None  # false is what they are by default
        if before != after:
            yield pair.change(way.changed(before, after), f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _shown(value: Any) -> str:
    text = "not there" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _required(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Of the properties that stand in both: what came or went is told as that."""
    both = _names(old) & _names(new)
    before, after = set(_said(old, "required") or ()), set(_said(new, "required") or ())
    for name in sorted((after - before) & both):
        yield pair.change(way.narrower(), f"{name} is required now")
    for name in sorted((before - after) & both):
        yield pair.change(way.wider(), f"{name} is required no more")


def _names(schema: Members) -> set[str]:
    return set(_said(schema, "properties") or ())


def _default(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Who leaves a value out is answered in another way when its default changes. What is given has none."""
    before, after = _said(old, "default"), _said(new, "default")
    if before != after or ("default" in old) != ("default" in new):
        rating = Rating.ADDITION if "default" not in old else Rating.BREAKING
        rating = rating if way is Way.TAKEN else Rating.WORDING
        yield pair.change(rating, f"`default` was {_shown(before)}, is {_shown(after)}")


def _open(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Clients overlook members that they do not know, so what is given may have more or fewer of them."""
    before, after = _openness(old), _openness(new)
    if before != after:
        rating = way.wider() if after > before else way.narrower()
        rating = rating if way is Way.TAKEN else Rating.ADDITION
        yield pair.change(rating, "`additionalProperties` changed")


def _items(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """An array that does not say what is in it takes anything."""
    if ("items" in old) != ("items" in new) and "array" in _types_of(old) & _types_of(new):
        yield pair.change(
            way.changed(old.get("items"), new.get("items")), f"`items` {_came_or_went(old, new, 'items')}"
        )


def _openness(schema: Members) -> int:
    """0 for no other members, 1 for some, 2 for any."""
    rule = _said(schema, "additionalProperties")
    if rule is False:
        return 0
    return 1 if isinstance(rule, dict) and rule else 2


def _properties(pair: Pair, way: Way, seen: Seen, old: Members, new: Members) -> Iterator[Change]:
    before, after = _children(old, "properties"), _children(new, "properties")
    required = set(_said(new, "required") or ())
    for name in {**before, **after}:
        both = pair.of(before.get(name), after.get(name))
        if name not in after:
            yield both.change(Rating.BREAKING, f"{name} was removed")
        elif name in before:
            yield from schema_changes(both, way, seen)
        elif name in required:
            yield both.change(way.narrower(), f"{name} was added, and is required")
        else:
            yield both.change(Rating.ADDITION, f"{name} was added")


def _children(schema: Members, key: str) -> dict[str, Node]:
    return {name: schema[key][name] for name in schema[key].value} if key in schema else {}


def _is_schema(node: Node | None) -> bool:
    return node is not None and isinstance(node.value, dict)


def _listed(pair: Pair, way: Way, seen: Seen, key: str, both: tuple[Members, Members]) -> Iterator[Change]:
    before, after = (list(_nodes(schema, key)) for schema in both)
    for old, new in zip(before, after, strict=False):
        yield from schema_changes(pair.of(old, new), way, seen)
    if len(before) != len(after):
        rating = way.narrower() if len(after) > len(before) else way.wider()
        yield pair.change(rating, f"`{key}` has {len(after)} members, had {len(before)}")


def _nodes(schema: Members, key: str) -> Iterator[Node]:
    return (schema[key][index] for index in range(len(schema[key].value))) if key in schema else iter(())


def _has_alternatives(schema: Members) -> bool:
    return "anyOf" in schema or "oneOf" in schema


def _options(node: Node, schema: Members) -> list[Node]:
    """The alternatives of a schema, which is its own only one if it has none."""
    return [*_nodes(schema, "anyOf"), *_nodes(schema, "oneOf")] or [node]


def _alternatives(pair: Pair, way: Way, seen: Seen, both: tuple[list[Node], list[Node]]) -> Iterator[Change]:
    """Those that are alike are compared; what is left over came or went."""
    before, after = list(both[0]), list(both[1])
    for alike in (_is_same, _is_of_same_type):
        for old in list(before):
            new = next(filter(partial(alike, old), after), None)
            if new is not None:
                before.remove(old)
                after.remove(new)
                yield from schema_changes(pair.of(old, new), way, seen)
    yield from (pair.of(None, new).change(way.wider(), "an alternative was added") for new in after)
    yield from (pair.of(old, None).change(way.narrower(), "an alternative was removed") for old in before)


def _is_same(old: Node, new: Node) -> bool:
    return (old.target.pointer == new.target.pointer and "$ref" in old.value) or old.value == new.value


def _is_of_same_type(old: Node, new: Node) -> bool:
    return _types_of(members(old)) == _types_of(members(new))
