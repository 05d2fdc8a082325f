"""What the docs page tells of an operation besides: who may call it, how often, and what can go wrong."""

from collections.abc import Iterator
from typing import Any

import orjson

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.contract.summary import describe_access
from orderly.docs.access import access_tables


def shown(contract: Contract) -> dict[str, Any]:
    """The contract as the docs page shows it: access and errors are added to its descriptions."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(contract.document))  # a copy, ten times as fast as deepcopy
    for operation in contract.operations:
        there = Node(document, "", document).resolve_pointer(f"#{operation.node.target.pointer}").value
        there["description"] = f"{there.get('description', '')}\n\n{_facts(contract, operation)}"
    described = document["info"].get("description", "")
    document["info"]["description"] = f"{described}\n\n{access_tables(contract)}".strip()
    return document


def _facts(contract: Contract, operation: Operation) -> str:
    scopes = frozenset[str]().union(*(each for given in operation.security for each in given.values()))
    lines = {
        "Who": describe_access(contract, operation),
        "Scopes": ", ".join(f"`{scope}`" for scope in sorted(scopes)),
        "Limits": ", ".join(f"{r.limit} requests in {r.window} seconds per {r.per}" for r in operation.rate_limits),
        "Errors": "; ".join(_errors(operation)),
    }
    return "\n".join(f"- **{name}**: {value}" for name, value in lines.items() if value)


def _errors(operation: Operation) -> Iterator[str]:
    """Each status with the codes that it can have, which lead to what is said of them."""
    for status, response in sorted(operation.responses.items()):
        if response.error_codes:
            codes = ", ".join(f"[{code}](/errors#{code})" for code in sorted(response.error_codes))
            yield f"{status} {codes}"
