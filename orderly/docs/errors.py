"""The contract's catalogue of errors, as listed on the errors page."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from markupsafe import Markup

from orderly.contract.model import Contract
from orderly.docs.markdown import render_inline

OUTSIDE_OF_OPERATIONS = {"method_not_allowed": {405}, "not_implemented": {501}}
"""Codes with their statuses that no operation declares, because the method or the handler is missing."""

NO_STATUS = 1000
"""Sort key of a code that no operation declares yet: the end of the list."""


@dataclass(frozen=True, slots=True)
class ExplainedError:
    """An error code with its statuses, title, cause and resolution."""

    code: str
    statuses: tuple[str, ...]
    title: Markup
    cause: Markup
    resolution: Markup


def list_errors(contract: Contract) -> Iterator[ExplainedError]:
    """Yield the codes of `x-errors` as HTML, by status and name."""
    statuses = _statuses(contract)
    for code in sorted(contract.errors, key=lambda code: (sorted(statuses[code]) or [NO_STATUS], code)):
        entry = contract.errors[code]
        phrases = tuple(f"{status} {HTTPStatus(status).phrase}" for status in sorted(statuses[code]))
        yield ExplainedError(code, phrases, *(render_inline(entry[part]) for part in ("title", "cause", "resolution")))


def _statuses(contract: Contract) -> dict[str, set[int]]:
    statuses: dict[str, set[int]] = defaultdict(set, {c: set(s) for c, s in OUTSIDE_OF_OPERATIONS.items()})
    for operation in contract.operations:
        for status, response in operation.responses.items():
            for code in response.error_codes or ():
                statuses[code].add(int(status))
    return statuses
