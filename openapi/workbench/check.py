"""Checks a contract: first whether it can be read, then whether it is valid, then by the house rules."""

from collections.abc import Callable
from pathlib import Path

from openapi.bundle import Bundle
from openapi.workbench.findings import Finding, shown
from openapi.workbench.lines import Lines, broken_at
from openapi.workbench.places import Draft
from openapi.workbench.rules import (
    Found,
    bounds,
    errors,
    examples,
    extensions,
    links,
    meaning,
    names,
    order,
    security,
    shapes,
    words,
)
from openapi.workbench.validity import Told, dangling, inconsistent, invalid, misled, unservable
from openapi.yaml_source import BrokenContract

Rule = Callable[[Draft], Found]

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *order.RULES,
    *words.RULES,
    *bounds.RULES,
    *meaning.RULES,
    *shapes.RULES,
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
