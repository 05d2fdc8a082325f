"""Access and rate limits of an operation, in words."""

from orderly.contract.model import Contract
from orderly.contract.operation import Operation


def describe_access(contract: Contract, operation: Operation) -> str:
    """Return the roles with access, or `public`, `signed in` or `anyone`."""
    if not all(operation.security):
        return "anyone"
    if not operation.security:
        return "public"
    required = [scopes for each in operation.security for scopes in each.values()]
    roles = [role for role, held in contract.roles.items() if any(scopes <= held for scopes in required)]
    allowed = "signed in" if len(roles) == len(contract.roles) else ", ".join(roles) or "no role"
    schemes = {scheme for each in operation.security for scheme in each}
    return allowed if len(schemes) > 1 else f"{allowed} ({schemes.pop()} only)"


def describe_limits(operation: Operation) -> str:
    """Return the rate limits of an operation, such as `10/60 s per caller`."""
    return ", ".join(f"{r.limit}/{r.window} s per {r.per}" for r in operation.rate_limits)
