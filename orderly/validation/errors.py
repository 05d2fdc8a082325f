"""Validation errors with JSON pointers. They never contain a value."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import jsonschema_rs

from orderly.http.errors import MAX_ERRORS

Error = dict[str, str]

MAX_VALUES_FOR_ALL_ERRORS = 400
"""Bodies with more values than this report only their first error. The largest valid order has fewer."""
MAX_MESSAGE_OPTION_LENGTH = 100
"""Characters of a pattern or a list of values in a message. A longer one is not helpful."""

MESSAGES = {
    "required": "is required",
    "additionalProperties": "is not a known property",
    "unevaluatedProperties": "is not a known property",
    "falseSchema": "is not allowed here",
    "type": "must be of type {types}",
    "const": "must be the one value that the contract allows",
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
    "uniqueItems": "must not have duplicate items",
    "propertyNames": "has a member with a name that is not allowed",
    "contains": "lacks an item that the contract requires",
}
"""The messages of violated keywords. The braces are filled from the contract, never from the value."""

FORMAT_NAMES = {
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
"""The names of formats in messages. Other formats are named as in the contract."""


def validation_errors(validator: jsonschema_rs.Draft202012Validator, value: Any, place: Error) -> list[Error]:
    """Return the errors of a value.

    There are at most `MAX_ERRORS`, and one only for a value with more than `MAX_VALUES_FOR_ALL_ERRORS` parts.

    Args:
        validator: the compiled schema.
        value: the value to validate.
        place: the location of the value in the request, which every error includes.
    """
    if validator.is_valid(value):
        return []
    violations = _first_error(validator, value) if _is_too_large(value) else validator.iter_errors(value)
    return list(islice((error for each in violations for error in _format_error(each, place)), MAX_ERRORS))


def _first_error(validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[jsonschema_rs.ValidationError]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _is_too_large(value: Any) -> bool:
    """Return whether finding all errors of a value could take too long.

    The library finds all errors before it yields the first one, and copies the object into each error about a member's
    name. A body of 256 KiB can take minutes.
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


def _format_error(violation: jsonschema_rs.ValidationError, place: Error) -> Iterable[Error]:
    kind: Any = violation.kind
    keyword = str(kind.name)
    pointer = "".join(f"/{_escape(step)}" for step in violation.instance_path)
    message = MESSAGES.get(keyword, "does not match the contract")
    if "{" in message:
        message = message.format(**_message_arguments(kind))
    members = [kind.property] if keyword == "required" else getattr(kind, "unexpected", None)
    for end in [f"/{_escape(member)}" for member in members] if members else [""]:
        located = {"pointer": (pointer + end)[:500]} if place["in"] == "body" else {}
        yield {**place, **located, "keyword": keyword, "message": message}


def _message_arguments(kind: Any) -> dict[str, Any]:
    """Return the values of the violated keyword for its message. Long ones are described."""
    arguments = {name: getattr(kind, name, None) for name in ("limit", "multiple_of")}
    arguments["format"] = FORMAT_NAMES.get(name := getattr(kind, "format", ""), name)
    types, pattern = getattr(kind, "types", None), getattr(kind, "pattern", None) or ""
    options = ", ".join(str(option) for option in getattr(kind, "options", None) or [])
    arguments["types"] = " or ".join(types) if isinstance(types, list) else types
    arguments["pattern"] = (
        f"the pattern {pattern}" if len(pattern) <= MAX_MESSAGE_OPTION_LENGTH else "the pattern in the contract"
    )
    arguments["options"] = options if len(options) <= MAX_MESSAGE_OPTION_LENGTH else "the values in the contract"
    return arguments


def _escape(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
