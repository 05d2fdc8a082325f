"""Comparison of two schemas: requests may widen, responses may narrow."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from orderly.contract.node import Node
from orderly.devtools.diff.changes import ANNOUNCEMENTS, Change, Comparison, Severity, announced, how

UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UNCOMPARABLE = (
    *("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType", "contentSchema"),
    *("propertyNames", "patternProperties", "contains", "not", "if", "then", "else", "unevaluatedItems"),
    *("unevaluatedProperties", "dependentRequired", "dependentSchemas", "discriminator", "readOnly", "writeOnly"),
)
"""Keywords whose values have no order: every change counts as a different set of valid values."""
EXTENSIBLE_ENUM = "x-open"
"""The extension of an enum that announces more values in responses, which clients have to expect."""
WORDING = ("title", "description", "example", "examples", "$comment", "externalDocs")
NULL = {"type": "null"}
NOT_FOR_NULL = frozenset({"enum", "const", "not", "if", "anyOf", "oneOf", "allOf"})
"""Keywords that a null has to satisfy too: beside them, an alternative is more than another type."""
SAME_FORMATS = {"idn-email": "email"}
"""Formats that the engine checks by one function: either name accepts the same values."""
ALL_TYPES = frozenset({"array", "boolean", "null", "number", "object", "string", "integer"})
Members = Mapping[str, Node]


class Direction(Enum):
    """The direction of a value: from the client or to the client."""

    REQUEST = "request"
    RESPONSE = "response"

    def wider(self) -> Severity:
        """Return the severity if more values are valid now."""
        return Severity.COMPATIBLE if self is Direction.REQUEST else Severity.BREAKING

    def narrower(self) -> Severity:
        """Return the severity if fewer values are valid now."""
        return Severity.BREAKING if self is Direction.REQUEST else Severity.COMPATIBLE

    def changed(self, old: object, new: object) -> Severity:
        """Return the severity of a constraint that was added, removed or changed."""
        if old is None:
            return self.narrower()
        return self.wider() if new is None else Severity.BREAKING


def members(schema: Node) -> Members:
    """Return the keywords; siblings of `$ref` override the referenced schema."""
    keywords: dict[str, Node] = {}
    for node in (schema, schema.target):
        for key, value in node.value.items() if isinstance(node.value, dict) else ():
            if key != "$ref":
                step = key.replace("~", "~0").replace("/", "~1")
                keywords.setdefault(key, Node(node.document, f"{node.pointer}/{step}", value))
    if schema.target.value is False:
        keywords["not"] = Node(schema.document, schema.target.pointer, True)
    return _without_null_alternative(keywords)


def _without_null_alternative(keywords: dict[str, Node]) -> dict[str, Node]:
    """Return the equivalent X of the types X and null for `anyOf: [X, {type: "null"}]`."""
    options = [node for _, node in keywords["anyOf"].members()] if "anyOf" in keywords else []
    others = [node for node in options if node.value != NULL]
    if len(others) != 1:
        return keywords
    other = members(others[0])
    kind, overlap = other.get("type"), other.keys() & keywords.keys() - set(WORDING)
    if kind is None or not isinstance(kind.value, str) or overlap or other.keys() & NOT_FOR_NULL:
        return keywords
    types = [kind.value, *("null" for _ in options[1:])]
    merged = {**other, **keywords, "type": Node(kind.document, kind.pointer, types)}
    return {key: node for key, node in merged.items() if key != "anyOf"}


def wording_changes(pair: Comparison, old: Members, new: Members) -> Iterator[Change]:
    """Yield changes of descriptions, examples and announcements."""
    for key in [
        key
        for key in {**old, **new}
        if key in (*WORDING, *ANNOUNCEMENTS) or (key.startswith("x-") and key != EXTENSIBLE_ENUM)
    ]:
        if keyword_value(old, key) != keyword_value(new, key):
            severity = announced(key, keyword_value(old, key), keyword_value(new, key))
            yield pair.change(severity, f"`{key}` {how(old.get(key), new.get(key))}")


def keyword_value(schema: Members, key: str) -> Any:
    """Return the value of a keyword, or None if absent."""
    return schema[key].value if key in schema else None


def rule_changes(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    """Yield changes of the constraints of a schema itself, without subschemas."""
    for rule in (_types, _values, _bounds, _opaque, _required, _default, _open, _items):
        yield from rule(pair, direction, old, new)


def _set_change(
    pair: Comparison, direction: Direction, what: str, old: set[str], new: set[str], *, is_open: bool = False
) -> Iterator[Change]:
    if new - old:
        yield pair.change(
            Severity.COMPATIBLE if is_open else direction.wider(), f"{what} {_listing(new - old)} was added"
        )
    if old - new:
        yield pair.change(direction.narrower(), f"{what} {_listing(old - new)} was removed")


def _listing(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _types(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    return _set_change(pair, direction, "type", types_of(old), types_of(new))


def types_of(schema: Members) -> set[str]:
    """Return the types of the valid values."""
    kinds = keyword_value(schema, "type")
    types = {kinds} if isinstance(kinds, str) else set(kinds or ALL_TYPES)
    return types | {"integer"} if "number" in types else types


def _values(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    before, after = _values_of(old), _values_of(new)
    if before is not None and after is not None:
        yield from _set_change(pair, direction, "value", before, after, is_open=EXTENSIBLE_ENUM in old)
    elif before != after:
        yield pair.change(
            direction.changed(before, after), f"the list of values was {'removed' if after is None else 'added'}"
        )
    if (EXTENSIBLE_ENUM in old) != (EXTENSIBLE_ENUM in new) and direction is Direction.RESPONSE:
        severity = direction.wider() if EXTENSIBLE_ENUM in new else direction.narrower()
        yield pair.change(severity, f"`{EXTENSIBLE_ENUM}` {how(old.get(EXTENSIBLE_ENUM), new.get(EXTENSIBLE_ENUM))}")


def _values_of(schema: Members) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"].value)}
    return {repr(value) for value in schema["enum"].value} if "enum" in schema else None


def _bounds(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    for key in (*UPPER, *LOWER):
        before, after = keyword_value(old, key), keyword_value(new, key)
        if before == after:
            continue
        severity = direction.changed(before, after)
        if before is not None and after is not None:
            severity = direction.wider() if (after > before) == (key in UPPER) else direction.narrower()
        yield pair.change(severity, f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _opaque(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    for key in UNCOMPARABLE:
        # false is the default
        before, after = keyword_value(old, key) or None, keyword_value(new, key) or None
        if key == "format" and before != after and _format(before) == _format(after):
            yield pair.change(Severity.DOCS, f"`format` was {before}, is {after}, which accepts the same values")
        elif before != after:
            yield pair.change(direction.changed(before, after), f"`{key}` was {_shown(before)}, is {_shown(after)}")


def _format(name: Any) -> Any:
    return SAME_FORMATS.get(name, name)


def _shown(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _required(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    """Compare `required` for properties in both schemas."""
    both = _names(old) & _names(new)
    before, after = set(keyword_value(old, "required") or ()), set(keyword_value(new, "required") or ())
    for name in sorted((after - before) & both):
        yield pair.change(direction.narrower(), f"{name} is required now")
    for name in sorted((before - after) & both):
        yield pair.change(direction.wider(), f"{name} is no longer required")


def _names(schema: Members) -> set[str]:
    return set(keyword_value(schema, "properties") or ())


def _default(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    """Compare defaults.

    A new default changes the result of a request without the value. In a response, a default has no effect.
    """
    before, after = keyword_value(old, "default"), keyword_value(new, "default")
    if before != after or ("default" in old) != ("default" in new):
        severity = Severity.COMPATIBLE if "default" not in old else Severity.BREAKING
        severity = severity if direction is Direction.REQUEST else Severity.DOCS
        yield pair.change(severity, f"`default` was {_shown(before)}, is {_shown(after)}")


def _open(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    """Compare `additionalProperties`: clients ignore unknown members of responses."""
    before, after = _openness(old), _openness(new)
    if before != after:
        severity = direction.wider() if after > before else direction.narrower()
        severity = severity if direction is Direction.REQUEST else Severity.COMPATIBLE
        yield pair.change(severity, "`additionalProperties` changed")


def _items(pair: Comparison, direction: Direction, old: Members, new: Members) -> Iterator[Change]:
    """Compare the presence of `items`: an array without them accepts any value."""
    before, after = old.get("items"), new.get("items")
    if (before is None) != (after is None) and "array" in types_of(old) & types_of(new):
        yield pair.change(direction.changed(before, after), f"`items` {how(before, after)}")


def _openness(schema: Members) -> int:
    """Return 0 for no additional members, 1 for some, 2 for any."""
    rule = keyword_value(schema, "additionalProperties")
    if rule is False:
        return 0
    return 1 if isinstance(rule, dict) and rule else 2
