"""The scopes of each role: a plain list, or `{extends: role, scopes: [...]}`."""

from collections.abc import Mapping
from typing import Any

from orderly.contract.loader import ContractError


def own_scopes(role: Any) -> list[str]:
    """Return the scopes of a role without inherited ones."""
    return list(role if isinstance(role, list) else role.get("scopes", ()))


def base_role(role: Any) -> str | None:
    """Return the name of the role that a role extends, or None."""
    return None if isinstance(role, list) else role.get("extends")


def scopes_by_role(roles: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return all scopes of each role, inherited ones included.

    Raises:
        ContractError: a role extends an unknown role, or itself.
    """
    return {name: frozenset(s for each in lineage(roles, name) for s in own_scopes(roles[each])) for name in roles}


def lineage(roles: Mapping[str, Any], name: str) -> list[str]:
    """Return a role and every role that it extends, directly or not.

    Raises:
        ContractError: one of them is unknown, or extends itself.
    """
    names = [name]
    while (base := base_role(roles[names[-1]])) is not None:
        if base not in roles:
            message = f"the role {names[-1]} extends {base}, which x-roles does not have"
            raise ContractError(message, f"/x-roles/{names[-1]}/extends")
        if base in names:
            message = f"the role {base} extends itself: {' -> '.join([*names, base])}"
            raise ContractError(message, f"/x-roles/{base}/extends")
        names.append(base)
    return names
