"""Checks a contract: first whether it can be read, then whether it is valid, then by the house rules."""

from collections.abc import Callable, Iterator
from pathlib import Path

from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi.bundle import Bundle
from openapi.contract import Contract
from openapi.node import Node
from openapi.paths import Paths
from openapi.workbench.findings import Finding, shown
from openapi.workbench.lines import Lines
from openapi.workbench.places import Draft
from openapi.workbench.rules import (
    Found,
    bounds,
    errors,
    examples,
    extensions,
    links,
    names,
    order,
    security,
    shapes,
    words,
)
from openapi.yaml_source import BrokenContract

Rule = Callable[[Draft], Found]
Told = Iterator[tuple[str, str, str]]
"""The rule, the pointer of the place, the message."""

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *order.RULES,
    *words.RULES,
    *bounds.RULES,
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
        message = str(broken).removeprefix(f"{broken.file}, ").removeprefix(f"line {broken.line}: ")
        return [_finding(path, "yaml", message, broken.file or path.name, broken.line or 1, broken.column or 1)]
    lines = Lines(bundle)
    for step in (_dangling, _invalid, _unservable, _unruly, _inconsistent):
        told = step(bundle)
        findings = {_finding(path, rule, message, *lines.of(pointer)) for rule, pointer, message in told}
        if findings:
            return sorted(findings)
    return []


def _finding(path: Path, rule: str, message: str, file: str, line: int, column: int) -> Finding:
    return Finding(shown(path.parent / file), line, column, rule, message)


def _dangling(bundle: Bundle) -> Told:
    """A `$ref` leads somewhere, and not in a circle."""
    pending = [Node(bundle.document, "", bundle.document)]
    while pending:
        node = pending.pop()
        try:
            node.target  # noqa: B018  # it raises
        except BrokenContract as broken:
            yield "reference", f"{node.pointer}/$ref", _without_pointer(broken)
        pending += [child for _, child in node.members() if isinstance(child.value, dict | list)]


def _invalid(bundle: Bundle) -> Told:
    """OpenAPI 3.1, as its own JSON Schema has it."""
    for error in OpenAPIV31SpecValidator.schema_validator.iter_errors(bundle.document):
        yield _told_by_schema(bundle, _innermost(error))


def _unservable(bundle: Bundle) -> Told:
    """What the service would refuse to start with."""
    try:
        loaded = Contract(bundle.source, bundle.document)
        Paths(dict.fromkeys(operation.path for operation in loaded.operations))
    except BrokenContract as broken:
        yield "contract", broken.pointer, _without_pointer(broken)


def _unruly(bundle: Bundle) -> Told:
    """The house rules."""
    draft = Draft(bundle.document)
    for rule in RULES:
        for place, message in rule(draft):
            yield rule.__name__.replace("_", "-"), place.pointer, message


def _inconsistent(bundle: Bundle) -> Told:
    """What OpenAPI 3.1 says in words: mostly what the house rules know better, so they go first."""
    return (_told_by_schema(bundle, error) for error in OpenAPIV31SpecValidator(bundle.document).iter_errors())


def _innermost(error: ValidationError) -> ValidationError:
    """Of the alternatives that all fail, what is said of the one that comes furthest."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return error


def _told_by_schema(bundle: Bundle, error: ValidationError) -> tuple[str, str, str]:
    node = Node(bundle.document, "", None)
    for step in error.absolute_path:
        node = node.below(step, None)
    return "openapi", node.pointer, error.message.splitlines()[0]


def _without_pointer(broken: BrokenContract) -> str:
    return str(broken).removeprefix(f"{broken.pointer}: ")
