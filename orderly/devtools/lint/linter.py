"""Linter of a contract: syntax, then the specification, then the house rules."""

from collections.abc import Callable
from pathlib import Path

from orderly.contract.bundle import Bundle
from orderly.contract.loader import ContractError
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.findings import Finding, display_path
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
    """Return the findings in a contract, in the order of its lines.

    A step runs only if the steps before it have no findings: invalid YAML is the only finding of its file.
    """
    try:
        bundle = Bundle(path)
    except ContractError as error:
        place, message = locate(error, path)
        return [_finding(path, "reference" if error.pointer else "yaml", message, *place)]
    lines = SourceMaps(bundle)
    for step in (check_refs, check_ref_kinds, check_schema, check_loadable, _check_house_rules, check_semantics):
        violations = step(bundle)
        findings = {_finding(path, rule, message, *lines.of(pointer)) for rule, pointer, message in violations}
        if findings:
            return sorted(findings)
    return []


def _finding(path: Path, rule: str, message: str, file: str, line: int, column: int) -> Finding:
    return Finding(display_path(path.parent / file), line, column, rule, message)


def _check_house_rules(bundle: Bundle) -> SpecViolations:
    """Yield the violations of the house rules."""
    draft = ContractDocument(bundle.document)
    for rule in RULES:
        for place, message in rule(draft):
            yield rule.__name__.replace("_", "-"), place.pointer, message
