"""How large things may be: what has no end in the contract has none in the memory of those who read it."""

import re
from itertools import groupby
from typing import Any

import jsonschema_rs

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

SAYS_WHAT_IT_IS = {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum", "not", "if", "then", "else"}


def schema_has_a_type(draft: ContractDocument) -> Violations:
    """A schema without a type lets everything through, and no bound holds."""
    for schema in draft.of("schema"):
        if not SAYS_WHAT_IT_IS & schema.value.keys() and schema.name not in ("propertyNames", "if", "then", "else"):
            yield schema, "say a type: without one every value fits"


def number_has_bounds(draft: ContractDocument) -> Violations:
    """Integers have a minimum and a maximum, which fit their column and every client."""
    for schema in draft.of("schema"):
        if _types(schema) & {"integer", "number"} and not _is_listed(schema):
            for ends in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
                if not any(end in schema.value for end in ends):
                    yield schema, f"give the number a {ends[0]}"


def string_has_max_length(draft: ContractDocument) -> Violations:
    """A text has an end, unless its values are listed."""
    for schema in draft.of("schema"):
        if "string" in _types(schema) and not _is_listed(schema) and "maxLength" not in schema.value:
            yield schema, "give the string a maxLength, that of its column"


def array_has_max_items(draft: ContractDocument) -> Violations:
    """An array has an end, and says what is in it."""
    for schema in draft.of("schema"):
        for keyword in ("maxItems", "items") if "array" in _types(schema) else ():
            if keyword not in schema.value and "prefixItems" not in schema.value:
                yield schema, f"give the array {keyword}"


def map_has_bounds(draft: ContractDocument) -> Violations:
    """An object with members that the contract does not name says how many, and how long their names are."""
    for schema in draft.of("schema"):
        if isinstance(schema.value.get("additionalProperties"), dict):
            for keyword in ("maxProperties", "propertyNames"):
                if keyword not in schema.value:
                    yield schema, f"give the map {keyword}: its members are not listed"


def pattern_is_linear(draft: ContractDocument) -> Violations:
    """A pattern takes linear time in our engine, and in the backtracking ones of clients too."""
    for schema in draft.of("schema"):
        pattern = schema.value.get("pattern")
        if isinstance(pattern, str) and not _is_linear(pattern):
            yield schema["pattern"], f"{pattern} needs look-around or a back reference; write it without"
        elif isinstance(pattern, str) and is_catastrophic(pattern):
            how = "begin each turn with a character of its own, as (?:-[a-z]+)* does"
            yield schema["pattern"], f"{pattern} repeats what can match in several ways, which can take for ever; {how}"


def pattern_is_anchored(draft: ContractDocument) -> Violations:
    """A pattern without ends is looked for anywhere: `[0-9]+` lets through whatever has one digit in it."""
    for schema in draft.of("schema"):
        pattern = schema.value.get("pattern")
        if isinstance(pattern, str) and not (re.fullmatch(r"\^.*\$", pattern) or PREFIX.fullmatch(pattern)):
            yield schema["pattern"], "begin the pattern with ^ and end it with $, or it is looked for anywhere"


def limits_agree(draft: ContractDocument) -> Violations:
    """A lower bound is not above the upper one."""
    for schema in draft.of("schema"):
        for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
            if schema.value.get(low, 0) > schema.value.get(high, float("inf")):
                yield schema[low], f"{low} is above {high}: nothing can fit"


def open_list_is_a_list(draft: ContractDocument) -> Violations:
    """`x-open` says of listed values that more may come, so that clients take those which they do not know."""
    for schema in draft.of("schema"):
        if "x-open" in schema.value and "enum" not in schema.value:
            yield schema.child("x-open", None), "list the values in enum, or take x-open out"


RULES = (
    schema_has_a_type,
    number_has_bounds,
    string_has_max_length,
    array_has_max_items,
    map_has_bounds,
    pattern_is_linear,
    pattern_is_anchored,
    limits_agree,
    open_list_is_a_list,
)


def _types(schema: Node) -> set[str]:
    named: Any = schema.value.get("type", [])
    return {named} if isinstance(named, str) else set(named)


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
"""What a text begins with, and nothing that could go on further."""
QUANTIFIER = re.compile(r"[*+?]|\{([0-9]+)(?:,([0-9]*))?\}")


def is_catastrophic(pattern: str) -> bool:
    """Whether something is repeated that can match one text in several ways, which backtracking tries all."""
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
    found = QUANTIFIER.fullmatch(token)
    return found is not None and (found[1] is None or found[2] is not None)


def _is_unambiguous(group: list[str]) -> bool:
    """It has one length and its branches begin differently, or nothing in it matches what it begins with."""
    branches = [list(branch) for is_bar, branch in groupby(group, "|".__eq__) if not is_bar]
    begins = [branch[0] for branch in branches]
    if not any(map(_varies, group)):
        return len(branches) <= 1 or (len(set(begins)) == len(begins) and all(map(_is_plain, begins)))
    first, *rest = group
    atoms = [each for each in rest if not QUANTIFIER.fullmatch(each) and each not in ("^", "$")]
    begins_alike = len(branches) == 1 and _is_plain(first) and not QUANTIFIER.fullmatch(rest[0])
    return begins_alike and not any(re.fullmatch(atom, first[-1]) for atom in atoms)


def _is_plain(token: str) -> bool:
    """Whether it is one character, escaped or not."""
    return not re.match(r"[\[.^$]|\\[a-zA-Z0-9]", token)
