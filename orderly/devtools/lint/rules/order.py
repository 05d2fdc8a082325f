"""Rules for the order of keys, responses, components and operations."""

from collections.abc import Iterable

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

KEYS = ("operationId", "summary", "description", "tags", "security", "x-", "parameters", "requestBody", "responses")


def operation_keys_in_order(draft: ContractDocument) -> Violations:
    """Require one order: description, access, request, responses."""
    for operation in draft.operations():
        keys = [key for key in operation.value if _rank(key) is not None]
        if (misplaced := _first_misplaced(keys, sorted(keys, key=_rank_of))) is not None:
            yield operation[misplaced], f"Move {misplaced}: the order is {', '.join(KEYS)}."


def responses_in_order(draft: ContractDocument) -> Violations:
    """Require ascending statuses, `default` last."""
    for operation in draft.operations():
        statuses = list(operation["responses"].value)
        if (misplaced := _first_misplaced(statuses, sorted(statuses))) is not None:
            place = operation["responses"].child(misplaced, None)
            yield place, f"Move {misplaced}: the order is ascending, success first."


def components_in_order(draft: ContractDocument) -> Violations:
    """Require alphabetical order: easy to find, few merge conflicts."""
    holders = [node for _, node in draft.root["components"].members()] if draft.root.get("components") else []
    errors = draft.root.get("x-errors")
    for holder in [*holders, *([errors] if errors else [])]:
        yield from _unsorted(holder, holder.value)


def operations_in_order_of_tags(draft: ContractDocument) -> Violations:
    """Group operations by tag, in the order of `tags`."""
    tags = [tag.get("name") for tag in draft.root.value.get("tags", [])]
    latest = 0
    for operation in draft.operations():
        tag = operation["tags"][0]
        rank = tags.index(tag.value) if tag.value in tags else latest
        if rank < latest:
            yield tag, f"Move this up to the other operations of {tag.value}: paths follow the order of `tags`."
        latest = max(latest, rank)


RULES = (operation_keys_in_order, responses_in_order, components_in_order, operations_in_order_of_tags)


def _rank(key: str) -> int | None:
    key = "x-" if key.startswith("x-") else key
    return KEYS.index(key) if key in KEYS else None


def _rank_of(key: str) -> int:
    return _rank(key) or 0


def _unsorted(holder: Node, names: Iterable[str]) -> Violations:
    names = list(names)
    ordered = sorted(names, key=str.casefold)
    if (misplaced := _first_misplaced(names, ordered)) is not None:
        yield (
            holder.child(misplaced, None),
            f"Move {ordered[names.index(misplaced)]} here: the order of components is alphabetical.",
        )


def _first_misplaced(names: list[str], ordered: list[str]) -> str | None:
    """Return the first name that is out of order."""
    return next((name for name, expected in zip(names, ordered, strict=True) if name != expected), None)
