"""How the rules of one schema have changed: what is sent may become wider, what is given may become narrower."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from orderly.contract.node import Node
from orderly.devtools.diff.changes import ANNOUNCEMENTS, Change, Pair, Rating, announced, how

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


def wording_changes(pair: Pair, old: Members, new: Members) -> Iterator[Change]:
    """Of what a schema says to people."""
    for key in [
        key for key in {**old, **new} if key in (*WORDS, *ANNOUNCEMENTS) or (key.startswith("x-") and key != OPEN)
    ]:
        if said(old, key) != said(new, key):
            rating = announced(key, said(old, key), said(new, key))
            yield pair.change(rating, f"`{key}` {how(old.get(key), new.get(key))}")


def said(schema: Members, key: str) -> Any:
    """The value of a keyword; None if it is not there."""
    return schema[key].value if key in schema else None


def rule_changes(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Of which values fit a schema, as far as it says so itself and not by another one below it."""
    for rule in (_types, _values, _bounds, _opaque, _required, _default, _open, _items):
        yield from rule(pair, way, old, new)


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
    return _set_change(pair, way, "type", types_of(old), types_of(new))


def types_of(schema: Members) -> set[str]:
    """The types of the values that fit."""
    kinds = said(schema, "type")
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
        yield pair.change(rating, f"`{OPEN}` {how(old.get(OPEN), new.get(OPEN))}")


def _values_of(schema: Members) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"].value)}
    return {repr(value) for value in schema["enum"].value} if "enum" in schema else None


def _bounds(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    for key in (*UPPER, *LOWER):
        before, after = said(old, key), said(new, key)
        if before == after:
            continue
        rating = way.changed(before, after)
        if before is not None and after is not None:
            rating = way.wider() if (after > before) == (key in UPPER) else way.narrower()
        yield pair.change(rating, f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _opaque(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    for key in OPAQUE:
        before, after = said(old, key) or None, said(new, key) or None  # false is what they are by default
        if before != after:
            yield pair.change(way.changed(before, after), f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _shown(value: Any) -> str:
    text = "not there" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _required(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Of the properties that stand in both: what came or went is told as that."""
    both = _names(old) & _names(new)
    before, after = set(said(old, "required") or ()), set(said(new, "required") or ())
    for name in sorted((after - before) & both):
        yield pair.change(way.narrower(), f"{name} is required now")
    for name in sorted((before - after) & both):
        yield pair.change(way.wider(), f"{name} is required no more")


def _names(schema: Members) -> set[str]:
    return set(said(schema, "properties") or ())


def _default(pair: Pair, way: Way, old: Members, new: Members) -> Iterator[Change]:
    """Who leaves a value out is answered in another way when its default changes. What is given has none."""
    before, after = said(old, "default"), said(new, "default")
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
    before, after = old.get("items"), new.get("items")
    if (before is None) != (after is None) and "array" in types_of(old) & types_of(new):
        yield pair.change(way.changed(before, after), f"`items` {how(before, after)}")


def _openness(schema: Members) -> int:
    """0 for no other members, 1 for some, 2 for any."""
    rule = said(schema, "additionalProperties")
    if rule is False:
        return 0
    return 1 if isinstance(rule, dict) and rule else 2
