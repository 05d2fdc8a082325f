"""Errors: one shape, shared responses, and codes that are explained."""

import re

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

PROBLEM = "application/problem+json"
PARTS = ("title", "detail", "cause", "resolution")
"""What the catalogue has of each code."""


def error_is_shared(draft: ContractDocument) -> Violations:
    """An error is written once and referred to, not repeated in each operation."""
    for operation in draft.operations():
        for status, response in operation["responses"].members():
            if status >= "4" and "$ref" not in response.value:
                yield response, f"move the {status} to components/responses and refer to it by $ref"


def error_is_a_problem(draft: ContractDocument) -> Violations:
    """Every error is a problem (RFC 9457) that names its codes."""
    for status, response in _errors(draft):
        if response.get("content", PROBLEM) is None:
            yield response, f"answer the {status} as {PROBLEM}"
        if not response.value.get("x-error-codes"):
            yield response, "list every code that can occur here in x-error-codes"


def error_code_is_explained(draft: ContractDocument) -> Violations:
    """Each code has a title, a detail, a cause and a resolution."""
    errors = draft.root.get("x-errors")
    complete = {code for code, entry in errors.value.items() if _is_complete(entry)} if errors else set()
    for response in draft.of("response"):
        for _, code in response["x-error-codes"].members() if response.value.get("x-error-codes") else ():
            if code.value not in complete:
                yield code, f"The error {code.value} needs {', '.join(PARTS)} in x-errors."


def problem_is_of_its_response(draft: ContractDocument) -> Violations:
    """The example of an error has its status and one of its codes."""
    for status, response in _errors(draft):
        for example in _examples(response):
            code = example.value.get("code")
            if str(example.value.get("status")) != status:
                yield example.child("status", None), f"write {status}: it is the example of that response"
            if code not in response.value.get("x-error-codes", [code]):
                yield example.child("code", None), f"use a code that x-error-codes lists, {code} is not there"


def problem_equals_catalogue(draft: ContractDocument) -> Violations:
    """The example of an error has the type, the title and the detail that the service sends with its code."""
    catalogue = draft.root.value.get("x-errors", {})
    for _, response in _errors(draft):
        for example in _examples(response):
            code = example.value.get("code")
            entry = catalogue.get(code, {})
            sent = {"type": f"/errors#{code}", "title": entry.get("title")}
            for key in [key for key, text in sent.items() if entry and example.value.get(key) != text]:
                yield example.child(key, None), f"write {sent[key]!r}: the service sends it with the code {code}"
            template = entry.get("detail", "")
            if template and not matches_template(str(example.value.get("detail")), template):
                yield example.child("detail", None), f"write {template!r}, as x-errors has it"


RULES = (
    error_is_shared,
    error_is_a_problem,
    error_code_is_explained,
    problem_is_of_its_response,
    problem_equals_catalogue,
)


def _errors(draft: ContractDocument) -> list[tuple[str, Node]]:
    """Every error with its status; one that several operations share once for each status."""
    found = {
        (status, response.pointer): response
        for operation in draft.operations()
        for status, response in operation["responses"].items()
        if status >= "4"
    }
    return [(status, response) for (status, _), response in found.items()]


def _is_complete(entry: object) -> bool:
    return isinstance(entry, dict) and entry.keys() >= set(PARTS)


def _examples(response: Node) -> list[Node]:
    """Every example of a problem."""
    example, named = (response.get("content", PROBLEM, key) for key in ("example", "examples"))
    found = [example, *(each.get("value") for _, each in named.items())] if named else [example]
    return [each for each in found if each is not None and isinstance(each.value, dict)]


def matches_template(detail: str, template: str) -> bool:
    """Whether a detail is that of the catalogue, with any text in place of each `{field}`."""
    return bool(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(template)), detail))
