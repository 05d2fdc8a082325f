"""Comparison of access: roles, security schemes and security requirements."""

from collections.abc import Iterator
from typing import Any

from orderly.contract.node import Node
from orderly.contract.roles import scopes_by_role
from orderly.devtools.diff.changes import Change, Comparison, Severity

COMPATIBLE, BREAKING, DOCS = Severity.COMPATIBLE, Severity.BREAKING, Severity.DOCS


def role_changes(root: Comparison) -> Iterator[Change]:
    """Yield every scope that a role gained or lost."""
    old, new = (scopes_by_role(value or {}) for value in root.values("x-roles"))
    for role, both in root.by_key("x-roles"):
        before, after = old.get(role, frozenset()), new.get(role, frozenset())
        yield from (both.change(BREAKING, f"{role} lost the scope {scope}") for scope in sorted(before - after))
        yield from (both.change(COMPATIBLE, f"{role} gained the scope {scope}") for scope in sorted(after - before))


def scheme_changes(root: Comparison) -> Iterator[Change]:
    """Yield every change of the security schemes."""
    for name, both in root.child("components").by_key("securitySchemes"):
        if both.old is None:
            yield both.change(COMPATIBLE, f"the credential {name} was added")
        elif both.new is None:
            yield both.change(BREAKING, f"the credential {name} was removed")
        elif _without_description(both.old.value) != _without_description(both.new.value):
            yield both.change(BREAKING, f"the credential {name} is sent in another way")
        elif both.old.value != both.new.value:
            yield both.change(DOCS, f"the description of the credential {name} changed")


def _without_description(value: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if k != "description"}


def security_changes(operation: Comparison) -> Iterator[Change]:
    """Compare requirements: each accepted credential must stay accepted, new ones are compatible."""
    before, after = _alternatives(operation.old), _alternatives(operation.new)
    for each in before:
        if not any(_suffices(each, other) for other in after):
            yield operation.change(BREAKING, f"{_shown(each)} is no longer sufficient")
    for each in after:
        if not any(_suffices(each, other) for other in before):
            yield operation.change(COMPATIBLE, f"{_shown(each)} is sufficient now")


def _alternatives(operation: Node | None) -> list[dict[str, set[str]]]:
    assert operation is not None  # noqa: S101  # the operation exists in both
    default = operation.document.get("security", [])
    requirements = operation.value.get("security", default) or [{}]
    return [{scheme: set(scopes) for scheme, scopes in each.items()} for each in requirements]


def _suffices(credential: dict[str, set[str]], required: dict[str, set[str]]) -> bool:
    return all(scheme in credential and scopes <= credential[scheme] for scheme, scopes in required.items())


def _shown(credential: dict[str, set[str]]) -> str:
    return " and ".join(" ".join([name, *sorted(scopes)]) for name, scopes in credential.items()) or "no credential"
