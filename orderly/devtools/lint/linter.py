"""Checks a contract: first whether it can be read, then whether it is valid, then by the house rules."""

from collections.abc import Callable
from pathlib import Path

from orderly.contract.bundle import Bundle
from orderly.contract.loader import BrokenContract
from orderly.devtools.document import Draft
from orderly.devtools.lint.findings import Finding, shown
from orderly.devtools.lint.rules import (
    Found,
    bounds,
    descriptions,
    errors,
    examples,
    extensions,
    keywords,
    links,
    names,
    order,
    security,
    structure,
)
from orderly.devtools.lint.specification import Told, dangling, inconsistent, invalid, misled, unservable
from orderly.devtools.source_map import Lines, broken_at

Rule = Callable[[Draft], Found]

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *order.RULES,
    *descriptions.RULES,
    *bounds.RULES,
    *keywords.RULES,
    *structure.RULES,
    *errors.RULES,
    *examples.RULES,
    *links.RULES,
    *extensions.RULES,
    *security.RULES,
)


def check(path: Path) -> list[Finding]:
    """What is wrong with the contract in a file, in the order of its lines.

    Each step asks only contracts that have passed the one before: of a file that is no YAML only that is told.
    """
    try:
        bundle = Bundle(path)
    except BrokenContract as broken:
        place, message = broken_at(broken, path)
        return [_finding(path, "reference" if broken.pointer else "yaml", message, *place)]
    lines = Lines(bundle)
    for step in (dangling, misled, invalid, unservable, _unruly, inconsistent):
        told = step(bundle)
        findings = {_finding(path, rule, message, *lines.of(pointer)) for rule, pointer, message in told}
        if findings:
            return sorted(findings)
    return []


def _finding(path: Path, rule: str, message: str, file: str, line: int, column: int) -> Finding:
    return Finding(shown(path.parent / file), line, column, rule, message)


def _unruly(bundle: Bundle) -> Told:
    """The house rules."""
    draft = Draft(bundle.document)
    for rule in RULES:
        for place, message in rule(draft):
            yield rule.__name__.replace("_", "-"), place.pointer, message
