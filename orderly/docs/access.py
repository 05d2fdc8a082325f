"""The access tables of the docs page: by operation and by scope, from `security`, `x-roles` and `x-scopes`."""

from collections.abc import Iterator, Sequence

from orderly.contract.model import Contract
from orderly.contract.operation import Operation

ANONYMOUS = "anonymous"
UNAUTHENTICATED, FORBIDDEN = "401", "403"
YES, NO = "yes", "-"


def access_tables(contract: Contract) -> str:
    """Return both tables as Markdown, each below its heading; nothing without roles."""
    if not contract.roles:
        return ""
    return "\n\n".join(["## Access", *_by_operation(contract), "## Scopes", *_by_scope(contract)])


def access(contract: Contract, operation: Operation) -> dict[str, str]:
    """Return the status of an operation for an anonymous caller and for each role.

    The object of the request is one that the caller may see: whose objects these are, the contract does not define.
    """
    success = operation.success.status
    if operation.is_public or not all(operation.security):  # the last: an alternative without a credential
        return dict.fromkeys((ANONYMOUS, *contract.roles), success)
    needed = [frozenset[str]().union(*each.values()) for each in operation.security]
    return {ANONYMOUS: UNAUTHENTICATED} | {
        role: success if any(scopes <= held for scopes in needed) else FORBIDDEN
        for role, held in contract.roles.items()
    }


def _by_operation(contract: Contract) -> Iterator[str]:
    schemes = list(contract.document.get("components", {}).get("securitySchemes", {}))
    rows = [
        (f"`{each.operation_id}`", *access(contract, each).values(), *(_takes(each, scheme) for scheme in schemes))
        for each in contract.operations
    ]
    yield "The status for an object that the caller may see, by role, and the credentials that an operation takes."
    yield _table(("operation", ANONYMOUS, *contract.roles, *schemes), rows)


def _by_scope(contract: Contract) -> Iterator[str]:
    meanings: dict[str, str] = contract.document.get("x-scopes", {})
    rows = [
        (f"`{scope}`", meaning, *(YES if scope in held else NO for held in contract.roles.values()))
        for scope, meaning in meanings.items()
    ]
    yield _table(("scope", "meaning", *contract.roles), rows)


def _takes(operation: Operation, scheme: str) -> str:
    return YES if any(scheme in each for each in operation.security) else NO


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
