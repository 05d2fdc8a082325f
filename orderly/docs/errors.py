"""The contract's catalogue of errors, as the page lists them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from markupsafe import Markup

from orderly.contract.model import Contract
from orderly.docs.markdown import render_inline

OUTSIDE_OF_OPERATIONS = {"method_not_allowed": {405}, "not_implemented": {501}}
"""What no operation declares, because the method or the handler is what is missing."""

NO_STATUS = 1000
"""Where a code stands that no operation declares yet: at the end."""


@dataclass(frozen=True, slots=True)
class ExplainedError:
    """One code: the statuses it comes with, what it is, why it happens and what to do."""

    code: str
    statuses: tuple[str, ...]
    title: Markup
    cause: Markup
    resolution: Markup


def explained(contract: Contract) -> Iterator[ExplainedError]:
    """Every code of `x-errors`, by status and then by name, with its Markdown as HTML."""
    statuses = _statuses(contract)
    for code in sorted(contract.errors, key=lambda code: (sorted(statuses[code]) or [NO_STATUS], code)):
        entry = contract.errors[code]
        shown = tuple(f"{status} {HTTPStatus(status).phrase}" for status in sorted(statuses[code]))
        yield ExplainedError(code, shown, *(render_inline(entry[part]) for part in ("title", "cause", "resolution")))


def _statuses(contract: Contract) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set, {c: set(s) for c, s in OUTSIDE_OF_OPERATIONS.items()})
    for operation in contract.operations:
        for status, response in operation.responses.items():
            for code in response.error_codes or ():
                found[code].add(int(status))
    return found
