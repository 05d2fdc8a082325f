"""How a contract has changed: operation by operation, each with its references followed."""

import re
from collections.abc import Iterator
from typing import Any

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import METHODS
from orderly.devtools.diff.changes import ANNOUNCEMENTS, Change, Comparison, Severity, announced, how, merged
from orderly.devtools.diff.extensions import extension_changes
from orderly.devtools.diff.payloads import body_changes, parameter_changes, response_changes
from orderly.devtools.diff.security import role_changes, scheme_changes, security_changes

COMPATIBLE, BREAKING, DOCS = Severity.COMPATIBLE, Severity.BREAKING, Severity.DOCS


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every change between two contracts, the worst first."""
    return merged(_changes(Comparison(old.root, new.root)))


def _changes(root: Comparison) -> Iterator[Change]:
    if _address(root.old) != _address(root.new):
        yield root.child("servers").change(BREAKING, "the address changed")
    for key in ("info", "tags", "externalDocs", "x-errors", "x-scopes"):
        if _without_version(root.values(key)[0]) != _without_version(root.values(key)[1]):
            yield root.child(key).change(DOCS, "the words changed")
    if root.child("components").values("examples")[0] != root.child("components").values("examples")[1]:
        yield root.child("components").child("examples").change(DOCS, "the examples changed")
    yield from role_changes(root)
    yield from scheme_changes(root)
    yield from _elsewhere(root.by_key("webhooks"), "the webhook")
    for path, item in _paths(root):
        for method in METHODS:
            yield from _operation(path, method, item)


def _paths(root: Comparison) -> Iterator[tuple[str, Comparison]]:
    """The paths of both, where those are one that differ in the names of their parameters only."""
    both = root.child("paths")
    old, new = (
        {re.sub(r"\{[^}]*\}", "{}", p): p for p in (side.value if side else ())} for side in (both.old, both.new)
    )
    for form in {**old, **new}:
        sides = [
            side.get(names[form]) if side and form in names else None
            for side, names in ((both.old, old), (both.new, new))
        ]
        yield new.get(form) or old[form], both.of(*sides)


def _elsewhere(pairs: Iterator[tuple[str, Comparison]], what: str) -> Iterator[Change]:
    """What the service calls by itself: clients have to answer it, so any other call may be one too many."""
    for name, both in pairs:
        if both.old is None or both.new is None:
            yield both.change(COMPATIBLE if both.new else BREAKING, f"{what} {name} {how(both.old, both.new)}")
        elif both.old.target.value != both.new.target.value:
            yield both.change(BREAKING, f"{what} {name} is made in another way")


def _callbacks(operation: Comparison) -> Iterator[Change]:
    return _elsewhere(operation.by_key("callbacks"), "the callback")


def _address(root: Node | None) -> Any:
    assert root is not None  # noqa: S101  # both contracts have a root
    return root["servers"][0]["url"].value


def _without_version(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "version"} if isinstance(value, dict) else value


def _operation(path: str, method: str, item: Comparison) -> Iterator[Change]:
    before = item.old.get(method) if item.old else None
    after = item.new.get(method) if item.new else None
    both = Comparison(item.old, item.new, f"{method.upper()} {path}").of(before, after)
    if both.new is None and both.old is not None:
        yield both.change(BREAKING, "the operation was removed")
    elif both.old is None and both.new is not None:
        yield both.change(COMPATIBLE, "the operation was added")
    elif both.old is not None:
        for rule in (_about, security_changes, extension_changes, body_changes, _callbacks):
            yield from rule(both)
        yield from parameter_changes(item, both)
        for status, response in both.by_key("responses"):
            yield from response_changes(status, response)


def _about(operation: Comparison) -> Iterator[Change]:
    for key in ("operationId", *ANNOUNCEMENTS, "summary", "description", "tags", "externalDocs"):
        before, after = operation.values(key)
        if before != after:
            # A request does not carry the operationId: deployed clients keep working, generated code has a new name.
            severity = COMPATIBLE if key == "operationId" else announced(key, before, after)
            yield operation.change(severity, f"`{key}` {how(before, after)}")
