"""The engine's tests import neither `handlers` nor `db`."""

import ast
from pathlib import Path

import pytest

from tests.serving import ROOT

ENGINE = Path(__file__).parent
APPLICATION = ("handlers", "db", "tests.shop")


def imports(file: Path) -> set[str]:
    """Return the imported modules, and the imported names as modules."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def reachable(file: Path, seen: set[str]) -> set[str]:
    """Return the imported modules, also those of the tests' own modules."""
    for name in imports(file) - seen:
        seen.add(name)
        module = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if name.startswith("tests.") and module.is_file():
            reachable(module, seen)
    return seen


@pytest.mark.parametrize("file", sorted(ENGINE.rglob("*.py")), ids=lambda file: str(file.relative_to(ENGINE)))
def test_the_engines_tests_import_no_application(file: Path) -> None:
    found = {name for name in reachable(file, set()) if f"{name}.".startswith(tuple(f"{a}." for a in APPLICATION))}

    assert found == set()
