"""What the contract says of an operation, in words: who may call it, and how often."""

from orderly.contract.model import Contract, Operation


def describe_access(contract: Contract, operation: Operation) -> str:
    """Whom the contract lets call an operation, in words."""
    if not all(operation.security):
        return "anyone"
    if not operation.security:
        return "public"
    wanted = [scopes for each in operation.security for scopes in each.values()]
    roles = [role for role, held in contract.roles.items() if any(scopes <= held for scopes in wanted)]
    allowed = "signed in" if len(roles) == len(contract.roles) else ", ".join(roles) or "nobody"
    schemes = {scheme for each in operation.security for scheme in each}
    return allowed if len(schemes) > 1 else f"{allowed} ({schemes.pop()} only)"


def describe_limits(operation: Operation) -> str:
    """The rate limits of an operation, in words."""
    return ", ".join(f"{r.limit}/{r.window} s per {r.per}" for r in operation.rate_limits)
