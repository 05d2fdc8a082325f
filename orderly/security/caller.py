"""The caller of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller, as an authenticator returns it."""

    id: str
    scopes: frozenset[str] = frozenset()
    """The scopes of the credential."""
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Other facts from the authenticator, such as the id of the session or of the key."""

    def may(self, scope: str) -> bool:
        """Return whether the credential has a scope."""
        return scope in self.scopes


class Roles(dict[str, frozenset[str]]):
    """The scopes of each role (`x-roles`)."""
