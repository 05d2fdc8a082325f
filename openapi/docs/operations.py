"""What the docs page tells of an operation besides: who may call it, how often, and what can go wrong."""

from copy import deepcopy
from typing import Any

from openapi.contract import Contract, Operation


def shown(contract: Contract) -> dict[str, Any]:
    """The contract as the docs page shows it: the facts of each operation stand below its description."""
    document = deepcopy(contract.document)
    for operation in contract.operations:
        there = document["paths"][operation.path][operation.method.lower()]
        there["description"] = f"{there.get('description', '')}\n\n{_facts(contract, operation)}"
    return document


def who_may(contract: Contract, operation: Operation) -> str:
    """Whom the contract lets call an operation, in words."""
    if not all(operation.security):
        return "anyone"
    if not operation.security:
        return "public"
    wanted = [scopes for each in operation.security for scopes in each.values()]
    roles = [role for role, held in contract.roles.items() if any(scopes <= held for scopes in wanted)]
    who = "signed in" if len(roles) == len(contract.roles) else ", ".join(roles) or "nobody"
    schemes = {scheme for each in operation.security for scheme in each}
    return who if len(schemes) > 1 else f"{who} ({schemes.pop()} only)"


def limits_of(operation: Operation) -> str:
    """The rate limits of an operation, in words."""
    return ", ".join(f"{r.limit}/{r.window} s per {r.per}" for r in operation.rate_limits)


def _facts(contract: Contract, operation: Operation) -> str:
    scopes = frozenset[str]().union(*(each for given in operation.security for each in given.values()))
    codes = sorted(frozenset[str]().union(*(r.error_codes or () for r in operation.responses.values())))
    lines = {
        "Who": who_may(contract, operation),
        "Scopes": ", ".join(f"`{scope}`" for scope in sorted(scopes)),
        "Limits": limits_of(operation),
        "Errors": ", ".join(f"[{code}](/errors#{code})" for code in codes),
    }
    return "\n".join(f"- **{name}**: {value}" for name, value in lines.items() if value)
