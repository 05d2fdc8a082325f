"""The public names of the engine."""

import ast
from pathlib import Path

import pytest

import orderly

DECLARED = [
    alias.asname
    for node in ast.walk(ast.parse(Path(orderly.__file__).read_text()))
    if isinstance(node, ast.ImportFrom) and node.module != "typing"
    for alias in node.names
    if alias.asname
]
"""The names that type checkers see."""


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_name_is_importable(name: str) -> None:
    assert getattr(orderly, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Refusal'"):
        _ = orderly.Refusal
