"""Changes between two contracts, and the pairs of places that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from orderly.contract.node import Node

ANNOUNCEMENTS = ("deprecated", "x-deprecated-since", "x-sunset")
"""Keywords that announce a removal."""


class Severity(IntEnum):
    """The effect of a change on existing clients, the worst last."""

    DOCS = 1
    """No program notices the change."""
    COMPATIBLE = 2
    """Clients keep working, and more is available."""
    BREAKING = 3
    """Some clients stop working."""


def announced(key: str, before: Any, after: Any) -> Severity:
    """Return the severity of a change of wording or of an announcement.

    Programs read announcements, and an earlier sunset breaks the announced one.
    """
    if key not in ANNOUNCEMENTS:
        return Severity.DOCS
    is_earlier = key == "x-sunset" and before and after and str(after) < str(before)
    return Severity.BREAKING if is_earlier else Severity.COMPATIBLE


@dataclass(frozen=True, slots=True)
class Change:
    """A change with its severity and its places before and after."""

    severity: Severity
    what: str
    before: str | None
    """JSON pointer to the old place; None for an addition."""
    after: str | None
    operations: tuple[str, ...]
    """Affected operations, such as `GET /users`; empty if all are affected."""
    sunset: str | None
    """Announced date of removal of the old place."""

    @property
    def where(self) -> str:
        """Return a readable place, such as `Order.total` or `GET /users`."""
        return _describe(self.before or self.after or "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same place in both contracts; None where it does not exist."""

    old: Node | None
    new: Node | None
    operation: str | None = None
    sunset: str | None = None

    def child(self, key: str | int) -> Comparison:
        """Return the places one step below."""
        return self.of(self.old.get(key) if self.old else None, self.new.get(key) if self.new else None)

    def of(self, old: Node | None, new: Node | None) -> Comparison:
        """Return two other places; a sunset covers the places below."""
        return replace(self, old=old, new=new, sunset=_sunset(old) or self.sunset)

    def values(self, key: str) -> tuple[Any, Any]:
        """Return the values of a key before and after."""
        return _value(self.old, key), _value(self.new, key)

    def by_key(self, key: str) -> Iterator[tuple[str, Comparison]]:
        """Yield the members of either place, as pairs."""
        both = self.child(key)
        old, new = _children(both.old), _children(both.new)
        return ((name, both.of(old.get(name), new.get(name))) for name in {**old, **new})

    def change(self, severity: Severity, what: str) -> Change:
        """Return a change of this place."""
        operations = (self.operation,) if self.operation else ()
        return Change(severity, what, _pointer(self.old), _pointer(self.new), operations, self.sunset)


def merged(changes: Iterator[Change]) -> list[Change]:
    """Return each change once, with all affected operations, the worst first."""
    distinct: dict[tuple[Any, ...], Change] = {}
    for each in changes:
        key = (each.what, each.before, each.after)
        known = distinct.get(key, each)
        operations = tuple(dict.fromkeys(known.operations + each.operations))
        sunset = known.sunset if known.sunset and each.sunset else None
        distinct[key] = replace(max(known, each, key=lambda c: c.severity), operations=operations, sunset=sunset)
    return sorted(distinct.values(), key=lambda c: (-c.severity, c.where, c.what))


def how(before: object, after: object) -> str:
    """Return a verb phrase: added, removed or changed."""
    if before is None:
        return "was added"
    return "was removed" if after is None else "changed"


def _value(node: Node | None, key: str) -> Any:
    return node.target.value.get(key) if node and isinstance(node.target.value, dict) else None


def _children(node: Node | None) -> dict[str, Node]:
    return {key: node[key] for key in node.target.value} if node else {}


def _pointer(node: Node | None) -> str | None:
    return None if node is None else node.pointer


def _sunset(node: Node | None) -> str | None:
    for value in (node.value, node.target.value) if node else ():
        if isinstance(value, dict) and value.get("deprecated") is True:
            return value.get("x-sunset")
    return None


HIDDEN_SEGMENTS = (
    "components",
    "schemas",
    "responses",
    "properties",
    "schema",
    "content",
    "parameters",
    "headers",
    "paths",
)


def _describe(pointer: str) -> str:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if steps[:1] == ["paths"] and len(steps) > 2:
        return " ".join([f"{steps[2].upper()} {steps[1]}", ".".join(_visible(steps[3:]))]).rstrip()
    return ".".join(_visible(steps)) or "the contract"


def _visible(steps: list[str]) -> list[str]:
    return [
        each
        for each in steps
        if each not in HIDDEN_SEGMENTS and not each.isdigit() and not each.startswith("application/")
    ]
