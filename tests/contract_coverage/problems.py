"""Compares the problems that the service sends with the contract's catalogue and examples."""

import re
from collections.abc import Mapping
from typing import Any

from orderly.contract.operation import Operation
from orderly.devtools.lint.rules.errors import matches_template

PROBLEM = "application/problem+json"
ID = re.compile(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def example_of(operation: Operation, status: str) -> dict[str, Any] | None:
    """Return the example of an operation's error; None if the error has none."""
    example = operation.node["responses"][status].get("content", PROBLEM, "example")
    return None if example is None else dict(example.value)


def is_example(operation: Operation, status: str, problem: Mapping[str, Any]) -> bool:
    """Whether a problem is the example of its response, ids and violations aside.

    Which violations there are depends on the request; two tests compare them whole.
    """
    example = example_of(operation, status)
    return example is not None and _comparable(example) == _comparable(problem)


def differs_from_catalogue(catalogue: Mapping[str, Mapping[str, str]], problem: Mapping[str, Any]) -> bool:
    """Whether a problem has another title or detail than the catalogue has for its code."""
    entry = catalogue.get(problem["code"])
    return entry is not None and (
        problem["title"] != entry["title"] or not matches_template(problem["detail"], entry["detail"])
    )


def _comparable(problem: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: value for key, value in problem.items() if key != "errors"}
    return {key: ID.sub("<id>", value) if isinstance(value, str) else value for key, value in texts.items()}
