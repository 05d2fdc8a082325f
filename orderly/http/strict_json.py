"""JSON as RFC 8259 and I-JSON (RFC 7493) want it: one reading, or none."""

import json
import math
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 32


class NotJson(ValueError):
    """The text is not strict JSON; the message says why and quotes nothing of it."""


def parse(body: bytes) -> Any:
    """What a JSON text says.

    A number that is whole is an int, however it is written: `1.0` and `1e2` are the integers 1 and 100, as JSON Schema
    counts them.

    Raises:
        NotJson: it is not UTF-8, or has duplicate keys, NaN or Infinity, a lone surrogate, U+0000, a number that no
            double holds, or is nested deeper than 32.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
    except UnicodeDecodeError:
        raise NotJson("is not UTF-8") from None
    except RecursionError:
        raise NotJson(f"is nested deeper than {MAX_DEPTH}") from None
    except NotJson:
        raise
    except ValueError:
        raise NotJson("is not JSON") from None
    _check_depth(text, value)
    _check_characters(text, value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotJson("has a member twice in one object")
    return result


def _number(text: str) -> int | float:
    value = float(text)
    if not math.isfinite(value):
        raise NotJson("has a number that is out of range")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _constant(_: str) -> Any:
    raise NotJson("has NaN or Infinity, which are not JSON")


def _check_depth(text: str, value: Any) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each) if isinstance(child, dict | list)]
    if level:
        raise NotJson(f"is nested deeper than {MAX_DEPTH}")


def _check_characters(text: str, value: Any) -> None:
    """Only an escape can write them, so only a text with such an escape is searched."""
    folded = text.lower()
    if "\\u0000" in folded and any("\0" in string for string in _strings(value)):
        raise NotJson("has the character U+0000")
    if "\\ud" in folded and any(_is_broken(string) for string in _strings(value)):
        raise NotJson("has a lone surrogate")


def _is_broken(string: str) -> bool:
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
