"""Checks a contract: first whether it can be read, then whether it is valid, then by the house rules."""

from collections.abc import Callable
from pathlib import Path

from orderly.contract.bundle import Bundle
from orderly.contract.loader import ContractError
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.findings import Finding, shown
from orderly.devtools.lint.rules import (
    Violations,
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
from orderly.devtools.lint.specification import (
    SpecViolations,
    check_loadable,
    check_ref_kinds,
    check_refs,
    check_schema,
    check_semantics,
)
from orderly.devtools.source_map import SourceMaps, locate

Rule = Callable[[ContractDocument], Violations]

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
    except ContractError as broken:
        place, message = locate(broken, path)
        return [_finding(path, "reference" if broken.pointer else "yaml", message, *place)]
    lines = SourceMaps(bundle)
    for step in (check_refs, check_ref_kinds, check_schema, check_loadable, _check_house_rules, check_semantics):
        violations = step(bundle)
        findings = {_finding(path, rule, message, *lines.of(pointer)) for rule, pointer, message in violations}
        if findings:
            return sorted(findings)
    return []


def _finding(path: Path, rule: str, message: str, file: str, line: int, column: int) -> Finding:
    return Finding(shown(path.parent / file), line, column, rule, message)


def _check_house_rules(bundle: Bundle) -> SpecViolations:
    """The house rules."""
    draft = ContractDocument(bundle.document)
    for rule in RULES:
        for place, message in rule(draft):
            yield rule.__name__.replace("_", "-"), place.pointer, message
