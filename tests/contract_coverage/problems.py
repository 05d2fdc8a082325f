"""A comparison of sent problems with the contract's catalogue and examples."""

import re
from collections.abc import Mapping
from typing import Any

from orderly.contract.operation import Operation
from orderly.devtools.lint.rules.errors import matches_template

PROBLEM = "application/problem+json"
ID = re.compile(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def example_of(operation: Operation, status: str) -> dict[str, Any] | None:
    """Return the example of an operation's error, None without one."""
    example = operation.node["responses"][status].get("content", PROBLEM, "example")
    return None if example is None else dict(example.value)


def is_example(operation: Operation, status: str, problem: Mapping[str, Any]) -> bool:
    """Return whether a problem equals its example, except ids and violations.

    The violations depend on the request; two tests compare them completely.
    """
    example = example_of(operation, status)
    return example is not None and _comparable(example) == _comparable(problem)


def differs_from_catalogue(catalogue: Mapping[str, Mapping[str, str]], problem: Mapping[str, Any]) -> bool:
    """Return whether title or detail differ from the catalogue's for the code."""
    entry = catalogue.get(problem["code"])
    return entry is not None and (
        problem["title"] != entry["title"] or not matches_template(problem["detail"], entry["detail"])
    )


def _comparable(problem: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: value for key, value in problem.items() if key != "errors"}
    return {key: ID.sub("<id>", value) if isinstance(value, str) else value for key, value in texts.items()}
