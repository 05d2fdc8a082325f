"""Errors: one shape, shared responses, and codes that are explained."""

from orderly.contract.node import Node
from orderly.devtools.document import ContractDocument
from orderly.devtools.lint.rules import Violations

PROBLEM = "application/problem+json"


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
    """Whoever meets a code finds what it means, why it came and what to do."""
    errors = draft.root.get("x-errors")
    complete = {code for code, entry in errors.value.items() if _is_complete(entry)} if errors else set()
    for response in draft.of("response"):
        for _, code in response["x-error-codes"].members() if response.value.get("x-error-codes") else ():
            if code.value not in complete:
                yield code, f"The error {code.value} needs a title, a cause and a cure in x-errors."


def problem_is_of_its_response(draft: ContractDocument) -> Violations:
    """The example of an error has its status and one of its codes."""
    for status, response in _errors(draft):
        example = response.get("content", PROBLEM, "example")
        if example is None or not isinstance(example.value, dict):
            continue
        code = example.value.get("code")
        if str(example.value.get("status")) != status:
            yield example.child("status", None), f"say {status}: it is the example of that answer"
        if code not in response.value.get("x-error-codes", [code]):
            yield example.child("code", None), f"use a code that x-error-codes lists, {code} is not there"


RULES = (error_is_shared, error_is_a_problem, error_code_is_explained, problem_is_of_its_response)


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
    return isinstance(entry, dict) and {"title", "cause", "cure"} <= entry.keys()
