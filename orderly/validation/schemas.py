"""Validators compiled once from the contract, and what they find: all errors at once, with pointers, never a value."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.emails import normalize_email
from orderly.http.errors import MAX_ERRORS
from orderly.times import parse_time

Error = dict[str, str]

MAX_VALUES_FOR_ALL_ERRORS = 400
"""Values beyond which a body is told its first error only; the largest order that the contract takes has fewer."""
MAX_MESSAGE_OPTION_LENGTH = 100
"""Beyond so many characters a pattern or a list of values helps nobody."""

MESSAGES = {
    "required": "is required",
    "additionalProperties": "is not a known property",
    "unevaluatedProperties": "is not a known property",
    "falseSchema": "is not allowed here",
    "type": "must be of type {types}",
    "const": "must be the one value that the contract names",
    "enum": "must be one of {options}",
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minItems": "must have at least {limit} items",
    "maxItems": "must have at most {limit} items",
    "minProperties": "must have at least {limit} members",
    "maxProperties": "must have at most {limit} members",
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "multipleOf": "must be a multiple of {multiple_of}",
    "pattern": "must match {pattern}",
    "format": "must be a valid {format}",
    "uniqueItems": "must not have an item twice",
    "propertyNames": "has a member whose name is not allowed",
    "contains": "lacks an item that the contract asks for",
}
"""What a caller is told of a broken keyword. The braces are filled from the contract, never from the value."""

FORMATS = {
    "date-time": "time with an offset (RFC 3339)",
    "email": "email address",
    "idn-email": "email address",
    "hostname": "host name",
    "idn-hostname": "host name",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "uri": "URI",
    "uri-reference": "URI reference",
    "uuid": "UUID",
}
"""The names of formats in messages; any other format has its own name."""


class SchemaCompiler:
    """Compiles the schemas of a contract where they stand, each once."""

    def __init__(self, contract: Contract) -> None:
        self._registry = create_registry(contract.document)
        self._compiled: dict[tuple[str, bool], jsonschema_rs.Draft202012Validator] = {}

    def compile(self, schema: Node, *, for_response: bool = False) -> jsonschema_rs.Draft202012Validator:
        """The validator of the schema at a place of the contract; `for_response` if it is for what we answer."""
        schema = schema.canonical  # what many operations refer to is compiled for all of them
        key = schema.uri, for_response
        if key not in self._compiled:
            self._compiled[key] = compile_schema(
                schema, self._registry, RESPONSE_FORMATS if for_response else REQUEST_FORMATS
            )
        return self._compiled[key]


def create_registry(document: dict[str, Any]) -> jsonschema_rs.Registry:
    """The document as validators refer to it."""
    return jsonschema_rs.Registry([("urn:contract", document)])


def compile_schema(
    schema: Node, registry: jsonschema_rs.Registry, formats: Mapping[str, Callable[[str], bool]] | None = None
) -> jsonschema_rs.Draft202012Validator:
    """The validator of the schema at a place of the document that the registry was made of."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": schema.uri},
        registry=registry,
        validate_formats=True,
        formats=dict(REQUEST_FORMATS if formats is None else formats),
        pattern_options=jsonschema_rs.RegexOptions(),  # the linear-time engine
    )


def validation_errors(validator: jsonschema_rs.Draft202012Validator, value: Any, place: Error) -> list[Error]:
    """Every way in which a value breaks a schema, up to 100, or one if it is vast; `place` says where the value was."""
    if validator.is_valid(value):
        return []
    found = _first_error(validator, value) if _is_too_large(value) else validator.iter_errors(value)
    return list(islice((error for each in found for error in _format_error(each, place)), MAX_ERRORS))


def _first_error(validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _is_too_large(value: Any) -> bool:
    """Whether to find all errors would take too long.

    The library finds them all before it gives the first one, and copies the object into each error about the name of a
    member: a body of 256 KiB can take minutes.
    """
    pending, seen = [value], 0
    while pending and seen <= MAX_VALUES_FOR_ALL_ERRORS:
        each = pending.pop()
        seen += 1
        if isinstance(each, dict):
            if len(each) > MAX_ERRORS:
                return True
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
    return seen > MAX_VALUES_FOR_ALL_ERRORS


def _format_error(found: jsonschema_rs.ValidationError, place: Error) -> Iterable[Error]:
    kind: Any = found.kind
    keyword = str(kind.name)
    pointer = "".join(f"/{_escaped(step)}" for step in found.instance_path)
    message = MESSAGES.get(keyword, "does not fit the contract")
    if "{" in message:
        message = message.format(**_message_arguments(kind))
    members = [kind.property] if keyword == "required" else getattr(kind, "unexpected", None)
    for end in [f"/{_escaped(member)}" for member in members] if members else [""]:
        located = {"pointer": (pointer + end)[:500]} if place["in"] == "body" else {}
        yield {**place, **located, "keyword": keyword, "message": message}


def _message_arguments(kind: Any) -> dict[str, Any]:
    """What the contract says of a broken keyword, as far as it is short enough to help."""
    words = {name: getattr(kind, name, None) for name in ("limit", "multiple_of")}
    words["format"] = FORMATS.get(name := getattr(kind, "format", ""), name)
    types, pattern = getattr(kind, "types", None), getattr(kind, "pattern", None) or ""
    options = ", ".join(str(option) for option in getattr(kind, "options", None) or [])
    words["types"] = " or ".join(types) if isinstance(types, list) else types
    words["pattern"] = (
        f"the pattern {pattern}"
        if len(pattern) <= MAX_MESSAGE_OPTION_LENGTH
        else "the form that the contract describes"
    )
    words["options"] = options if len(options) <= MAX_MESSAGE_OPTION_LENGTH else "the values that the contract lists"
    return words


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _is_email(value: str) -> bool:
    try:
        normalize_email(value)
    except ValueError:
        return False
    return True


RESPONSE_FORMATS = {"email": _is_email, "idn-email": _is_email}
"""The formats that are checked in our own way where we answer: the validator's own check of a time, which is stricter
than `parse_time`, fits those that we write and costs no call of a Python function for each."""
REQUEST_FORMATS = {**RESPONSE_FORMATS, "date-time": _is_time}
"""The same for what we are sent."""
