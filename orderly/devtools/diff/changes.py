"""What has changed between two contracts: one change, and the two places that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from orderly.contract.node import Node

ANNOUNCEMENTS = ("deprecated", "x-deprecated-since", "x-sunset")
"""What says that something will go."""


class Severity(IntEnum):
    """What a change does to the clients that are there, the worst last."""

    DOCS = 1
    """Nothing that a program notices."""
    COMPATIBLE = 2
    """They go on working, and there is more to use."""
    BREAKING = 3
    """Some of them stop working."""


def announced(key: str, before: Any, after: Any) -> Severity:
    """The rating of words about a thing: an announcement is to be read by programs, and its day may not come sooner."""
    if key not in ANNOUNCEMENTS:
        return Severity.DOCS
    is_sooner = key == "x-sunset" and before and after and str(after) < str(before)
    return Severity.BREAKING if is_sooner else Severity.COMPATIBLE


@dataclass(frozen=True, slots=True)
class Change:
    """One change, rated, and where it stands before and after."""

    severity: Severity
    what: str
    before: str | None
    """The JSON pointer of the old place; None for what is new."""
    after: str | None
    operations: tuple[str, ...]
    """The operations that it touches, as `GET /users`; none for what touches all."""
    sunset: str | None
    """The day on which the old thing was announced to end."""

    @property
    def where(self) -> str:
        """The place in words: `Order.total`, `GET /users: parameters limit`."""
        return _named(self.before or self.after or "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same place in both contracts. What is only in one of them has None for the other."""

    old: Node | None
    new: Node | None
    operation: str | None = None
    sunset: str | None = None

    def child(self, key: str | int) -> Comparison:
        """The places one step further down."""
        return self.of(self.old.get(key) if self.old else None, self.new.get(key) if self.new else None)

    def of(self, old: Node | None, new: Node | None) -> Comparison:
        """Two other places of the same operation; what stands below a thing that ends, ends with it."""
        return replace(self, old=old, new=new, sunset=_sunset(old) or self.sunset)

    def values(self, key: str) -> tuple[Any, Any]:
        """What stands there for a key, before and after."""
        return _value(self.old, key), _value(self.new, key)

    def by_key(self, key: str) -> Iterator[tuple[str, Comparison]]:
        """The members that either of them has, as pairs."""
        both = self.child(key)
        old, new = _children(both.old), _children(both.new)
        return ((name, both.of(old.get(name), new.get(name))) for name in {**old, **new})

    def change(self, severity: Severity, what: str) -> Change:
        """A change of this place."""
        operations = (self.operation,) if self.operation else ()
        return Change(severity, what, _pointer(self.old), _pointer(self.new), operations, self.sunset)


def merged(changes: Iterator[Change]) -> list[Change]:
    """Each change once with all operations that it touches, rated as the worst of them; the worst first."""
    found: dict[tuple[Any, ...], Change] = {}
    for each in changes:
        key = (each.what, each.before, each.after)
        known = found.get(key, each)
        operations = tuple(dict.fromkeys(known.operations + each.operations))
        sunset = known.sunset if known.sunset and each.sunset else None
        found[key] = replace(max(known, each, key=lambda c: c.severity), operations=operations, sunset=sunset)
    return sorted(found.values(), key=lambda c: (-c.severity, c.where, c.what))


def how(before: object, after: object) -> str:
    """What became of something."""
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


def _named(pointer: str) -> str:
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
