"""Rules for errors: one format, shared responses and documented codes."""

import re

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

PROBLEM = "application/problem+json"
PARTS = ("title", "detail", "cause", "resolution")
"""Members of each code in the catalogue `x-errors`."""


def error_is_shared(draft: ContractDocument) -> Violations:
    """Require a reference: an error is defined once, not in each operation."""
    for operation in draft.operations():
        for status, response in operation["responses"].members():
            if status >= "4" and "$ref" not in response.value:
                yield response, f"Move the {status} to components/responses and reference it by $ref."


def error_is_a_problem(draft: ContractDocument) -> Violations:
    """Require a problem (RFC 9457) that lists its codes."""
    for status, response in _errors(draft):
        if response.get("content", PROBLEM) is None:
            yield response, f"Add the media type {PROBLEM} to the {status}."
        if not response.value.get("x-error-codes"):
            yield response, "List every code that can occur here in x-error-codes."


def error_code_is_explained(draft: ContractDocument) -> Violations:
    """Require title, detail, cause and resolution of each code."""
    errors = draft.root.get("x-errors")
    complete = {code for code, entry in errors.value.items() if _is_complete(entry)} if errors else set()
    for response in draft.of("response"):
        for _, code in response["x-error-codes"].members() if response.value.get("x-error-codes") else ():
            if code.value not in complete:
                yield code, f"Add {', '.join(PARTS)} of {code.value} to x-errors."


def problem_matches_response(draft: ContractDocument) -> Violations:
    """Require the status and a code of the response in its example."""
    for status, response in _errors(draft):
        for example in _examples(response):
            code = example.value.get("code")
            if str(example.value.get("status")) != status:
                yield example.child("status", None), f"Write {status}: this is the example of that response."
            if code not in response.value.get("x-error-codes", [code]):
                yield example.child("code", None), f"Use a code of x-error-codes: {code} is not listed."


def problem_matches_catalogue(draft: ContractDocument) -> Violations:
    """Require the type, title and detail that the service sends."""
    catalogue = draft.root.value.get("x-errors", {})
    for _, response in _errors(draft):
        for example in _examples(response):
            code = example.value.get("code")
            entry = catalogue.get(code, {})
            sent = {"type": f"/errors#{code}", "title": entry.get("title")}
            for key in [key for key, text in sent.items() if entry and example.value.get(key) != text]:
                yield (
                    example.child(key, None),
                    f"Write {sent[key]!r}: the service sends this {key} with the code {code}.",
                )
            template = entry.get("detail", "")
            if template and not matches_template(str(example.value.get("detail")), template):
                yield example.child("detail", None), f"Write {template!r}: this is the detail in x-errors."


RULES = (
    error_is_shared,
    error_is_a_problem,
    error_code_is_explained,
    problem_matches_response,
    problem_matches_catalogue,
)


def _errors(draft: ContractDocument) -> list[tuple[str, Node]]:
    """Return every error once for each of its statuses."""
    errors = {
        (status, response.pointer): response
        for operation in draft.operations()
        for status, response in operation["responses"].items()
        if status >= "4"
    }
    return [(status, response) for (status, _), response in errors.items()]


def _is_complete(entry: object) -> bool:
    return isinstance(entry, dict) and entry.keys() >= set(PARTS)


def _examples(response: Node) -> list[Node]:
    """Return every example of a problem."""
    example, named = (response.get("content", PROBLEM, key) for key in ("example", "examples"))
    examples = [example, *(each.get("value") for _, each in named.items())] if named else [example]
    return [each for each in examples if each is not None and isinstance(each.value, dict)]


def matches_template(detail: str, template: str) -> bool:
    """Return whether a detail matches a template with `{field}` placeholders."""
    return bool(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(template)), detail))
