"""Rules for sizes: a value without a bound exhausts memory."""

import re
from itertools import groupby
from typing import Any

import jsonschema_rs

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

TYPE_KEYWORDS = {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum", "not", "if", "then", "else"}


def schema_has_a_type(draft: ContractDocument) -> Violations:
    """Require a type: without one every value is valid."""
    for schema in draft.of("schema"):
        if not TYPE_KEYWORDS & schema.value.keys() and schema.name not in ("propertyNames", "if", "then", "else"):
            yield schema, "Add a type: without one every value is valid."


def number_has_bounds(draft: ContractDocument) -> Violations:
    """Require bounds that fit the column and every client."""
    for schema in draft.of("schema"):
        if _types(schema) & {"integer", "number"} and not _is_listed(schema):
            for bounds in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
                if not any(bound in schema.value for bound in bounds):
                    yield schema, f"Add a {bounds[0]} to the number."


def string_has_max_length(draft: ContractDocument) -> Violations:
    """Require a maximum length, unless the values are listed."""
    for schema in draft.of("schema"):
        if "string" in _types(schema) and not _is_listed(schema) and "maxLength" not in schema.value:
            yield schema, "Add a maxLength to the string, that of its column."


def array_has_max_items(draft: ContractDocument) -> Violations:
    """Require a maximum size and a schema for the items."""
    for schema in draft.of("schema"):
        for keyword in ("maxItems", "items") if "array" in _types(schema) else ():
            if keyword not in schema.value and "prefixItems" not in schema.value:
                yield schema, f"Add the keyword {keyword} to the array."


def map_has_bounds(draft: ContractDocument) -> Violations:
    """Limit how many undeclared members an object has, and their names."""
    for schema in draft.of("schema"):
        if isinstance(schema.value.get("additionalProperties"), dict):
            for keyword in ("maxProperties", "propertyNames"):
                if keyword not in schema.value:
                    yield schema, f"Add the keyword {keyword} to the map: its members are not declared."


def pattern_is_linear(draft: ContractDocument) -> Violations:
    """Allow only linear-time patterns, also in the backtracking engines of clients."""
    for schema in draft.of("schema"):
        pattern = schema.value.get("pattern")
        if isinstance(pattern, str) and not _is_linear(pattern):
            yield (
                schema["pattern"],
                f"{pattern} is not linear: it uses look-around or a back reference. Write it without.",
            )
        elif isinstance(pattern, str) and is_catastrophic(pattern):
            advice = "Begin each repetition with a character of its own, as (?:-[a-z]+)* does."
            problem = "a repeated group can match in several ways, so matching can take exponential time"
            yield schema["pattern"], f"{pattern} is not linear: {problem}. {advice}"


def pattern_is_anchored(draft: ContractDocument) -> Violations:
    """Require anchors: `[0-9]+` accepts any string that contains a digit."""
    for schema in draft.of("schema"):
        pattern = schema.value.get("pattern")
        if isinstance(pattern, str) and not (re.fullmatch(r"\^.*\$", pattern) or PREFIX.fullmatch(pattern)):
            yield (
                schema["pattern"],
                "Begin the pattern with ^ and end it with $: without them a match anywhere is enough.",
            )


def bounds_are_consistent(draft: ContractDocument) -> Violations:
    """Reject a lower bound above the upper one."""
    for schema in draft.of("schema"):
        for lower, upper in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
            if schema.value.get(lower, 0) > schema.value.get(upper, float("inf")):
                yield schema[lower], f"{lower} is above {upper}: no value is valid. Correct one of them."


def open_enum_has_values(draft: ContractDocument) -> Violations:
    """Require `enum` beside `x-open`.

    `x-open` announces that more values may follow, so that clients accept unknown ones.
    """
    for schema in draft.of("schema"):
        if "x-open" in schema.value and "enum" not in schema.value:
            yield schema.child("x-open", None), "Add an enum with the values of today, or remove x-open."


RULES = (
    schema_has_a_type,
    number_has_bounds,
    string_has_max_length,
    array_has_max_items,
    map_has_bounds,
    pattern_is_linear,
    pattern_is_anchored,
    bounds_are_consistent,
    open_enum_has_values,
)


def _types(schema: Node) -> set[str]:
    types: Any = schema.value.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _is_listed(schema: Node) -> bool:
    return bool({"enum", "const"} & schema.value.keys())


def _is_linear(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError:
        return False
    return True


TOKENS = re.compile(
    r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|\[(?:\\.|[^\]\\])*\]"  # a character or a class
    r"|\((?:\?[:=!])?|\)|\||[*+?]|\{[0-9]+(?:,[0-9]*)?\}|.",
    re.DOTALL,
)
ENDLESS = ("*", "+")
PREFIX = re.compile(r"\^[\w/:-]+")
"""A literal prefix: it needs no end, because it repeats nothing."""
QUANTIFIER = re.compile(r"[*+?]|\{([0-9]+)(?:,([0-9]*))?\}")


def is_catastrophic(pattern: str) -> bool:
    """Return whether a repeated group can match one string in several ways.

    A backtracking engine tries all of them.
    """
    tokens = TOKENS.findall(pattern)
    groups: list[list[str]] = [[]]
    for each, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if each.startswith("("):
            groups.append([])
        elif each == ")" and len(groups) > 1:
            group = groups.pop()
            if _repeats(after) and not _is_unambiguous(group):
                return True
            groups[-1] += group
        else:
            groups[-1].append(each)
    return any(
        a == c and b in ENDLESS and d in ENDLESS for a, b, c, d in zip(*(tokens[n:] for n in range(4)), strict=False)
    )


def _repeats(token: str) -> bool:
    return bool(QUANTIFIER.fullmatch(token)) and token not in ("?", "{0}", "{1}", "{0,1}")


def _varies(token: str) -> bool:
    match = QUANTIFIER.fullmatch(token)
    return match is not None and (match[1] is None or match[2] is not None)


def _is_unambiguous(group: list[str]) -> bool:
    """Return whether the group has only one way to match a string.

    Its length is fixed and its branches begin differently, or nothing in it matches its first character.
    """
    branches = [list(branch) for is_bar, branch in groupby(group, "|".__eq__) if not is_bar]
    starts = [branch[0] for branch in branches]
    if not any(map(_varies, group)):
        return len(branches) <= 1 or (len(set(starts)) == len(starts) and all(map(_is_plain, starts)))
    first, *rest = group
    atoms = [each for each in rest if not QUANTIFIER.fullmatch(each) and each not in ("^", "$")]
    has_one_start = len(branches) == 1 and _is_plain(first) and not QUANTIFIER.fullmatch(rest[0])
    return has_one_start and not any(re.fullmatch(atom, first[-1]) for atom in atoms)


def _is_plain(token: str) -> bool:
    """Return whether the token is one character, escaped or not."""
    return not re.match(r"[\[.^$]|\\[a-zA-Z0-9]", token)
