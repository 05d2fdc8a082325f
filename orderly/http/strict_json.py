"""Strict JSON: texts with exactly one meaning (RFC 8259, RFC 7493)."""

import json
import math
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 32
"""Levels of nesting."""


class InvalidJson(ValueError):
    """A text that is not strict JSON. The message has the reason and quotes nothing of the text."""


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    A whole number is an int however it is written: `1.0` and `1e2` are the integers 1 and 100, as in JSON Schema.

    Raises:
        InvalidJson: the text is not UTF-8, not JSON, or nested deeper than 32, or it has duplicate keys, NaN, Infinity,
            a lone surrogate, U+0000 or a number out of the range of a double.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
    except UnicodeDecodeError:
        raise InvalidJson("is not UTF-8") from None
    except RecursionError:
        raise InvalidJson(f"is nested deeper than {MAX_DEPTH}") from None
    except InvalidJson:
        raise
    except ValueError:
        raise InvalidJson("is not JSON") from None
    _check_depth(text, value)
    _check_characters(text, value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidJson("has a member twice in one object")
    return result


def _number(text: str) -> int | float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidJson("has a number that is out of range")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _constant(_: str) -> Any:
    raise InvalidJson("has NaN or Infinity, which are not JSON")


def _check_depth(text: str, value: Any) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each) if isinstance(child, dict | list)]
    if level:
        raise InvalidJson(f"is nested deeper than {MAX_DEPTH}")


def _check_characters(text: str, value: Any) -> None:
    """Reject U+0000 and lone surrogates. Only an escape can write them, so other texts are not searched."""
    folded = text.lower()
    if "\\u0000" in folded and any("\0" in string for string in _strings(value)):
        raise InvalidJson("has the character U+0000")
    if "\\ud" in folded and any(_has_surrogate(string) for string in _strings(value)):
        raise InvalidJson("has a lone surrogate")


def _has_surrogate(string: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in string)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else iter(())


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
