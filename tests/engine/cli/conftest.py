"""An application of one operation, for the commands of the engine."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import forget_settings, orderly

__all__ = ["orderly"]

CONTRACT = """
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
servers: [{url: /pets-api}]
paths:
  /pets:
    get: {operationId: list_pets, tags: [pets], security: [], responses: {"204": {description: None.}}}
"""
NAMES = {"handlers": "handlers_of_a_test", "database": "db_of_a_test"}
"""The packages of the application, whose usual names may have been imported in this process from another one."""
Write = Callable[[str, str, str], None]


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an application without a database package."""
    forget_settings(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / NAMES["handlers"]).mkdir()
    configure(tmp_path, handlers=NAMES["handlers"])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith(tuple(NAMES.values()))]:
        del sys.modules[name]


@pytest.fixture
def write(application: Path) -> Write:
    """A function that writes a module: `write("database", "hooks", "...")`."""

    def write(package: str, module: str, source: str) -> None:
        folder = application / NAMES[package]
        folder.mkdir(exist_ok=True)
        configure(application, **{key: name for key, name in NAMES.items() if (application / name).exists()})
        (folder / f"{module}.py").write_text(source)

    return write


def configure(folder: Path, **keys: str) -> None:
    """Write the application's pyproject.toml."""
    lines = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
    (folder / "pyproject.toml").write_text(f"[tool.orderly]\n{lines}\n")
