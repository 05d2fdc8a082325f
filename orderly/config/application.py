"""The served application: its folder, contract, handlers and database package."""

import importlib
import re
import sys
import tomllib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from orderly.config.errors import CommandError

PROJECT_FILE = "pyproject.toml"
DEFAULTS = {"contract": "openapi/openapi.yaml", "handlers": "handlers", "database": "db", "readiness": ""}
"""The keys of `[tool.orderly]` and their defaults."""
PACKAGE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class ApplicationNotFound(CommandError):
    """A folder without an application, in itself or above."""


@dataclass(frozen=True, slots=True)
class Application:
    """A folder with a contract, a handlers' package and a database package."""

    folder: Path
    contract: Path
    handlers: str = DEFAULTS["handlers"]
    database: str = DEFAULTS["database"]
    readiness: str = DEFAULTS["readiness"]
    """The URL path of the readiness check; empty if the contract has an operation `.../health/ready`."""

    @property
    def changes(self) -> Path:
        """The changelog of the contract."""
        return self.contract.with_name("changes.md")

    @property
    def contract_types(self) -> Path:
        """The module of the types that `orderly types` generates."""
        return self._package(self.handlers) / "contract_types.py"

    @property
    def migrations(self) -> Path:
        """The folder of the migrations."""
        return self._package(self.database) / "migrations"

    @property
    def has_database(self) -> bool:
        """True if the application has a database package."""
        return self._package(self.database).is_dir()

    def put_on_path(self) -> None:
        """Put the application's folder first on the import path."""
        folder = str(self.folder)
        if sys.path[:1] != [folder]:
            sys.path.insert(0, folder)

    def import_handlers(self, name: str) -> ModuleType | None:
        """Import a module of the handlers' package; None if there is none.

        Raises:
            CommandError: the import failed; the message has the file and the line.
        """
        return _import(f"{self.handlers}.{name}")

    def import_database(self, name: str) -> ModuleType | None:
        """Import a module of the database package; None if there is none.

        Raises:
            CommandError: the import failed; the message has the file and the line.
        """
        return _import(f"{self.database}.{name}")

    def _package(self, name: str) -> Path:
        return self.folder.joinpath(*name.split("."))


def find_application(start: Path | None = None) -> Application:
    """Find the nearest folder upwards with `[tool.orderly]` or a contract.

    Args:
        start: the first folder; the current one if left out.

    Raises:
        ApplicationNotFound: no folder has either.
        CommandError: its pyproject.toml cannot be read, has an unknown key, or names a missing file or package.
    """
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        table = _table(folder / PROJECT_FILE)
        if table is not None or (folder / DEFAULTS["contract"]).is_file():
            return _application(folder, table or {})
    raise ApplicationNotFound(
        f"{start} is not an application: neither this folder nor one above has {DEFAULTS['contract']} or a "
        f"{PROJECT_FILE} with [tool.orderly]. Change to the folder of an application."
    )


def _table(file: Path) -> Mapping[str, Any] | None:
    """Return `[tool.orderly]`; None if the file or the table is missing."""
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from None
    table = document.get("tool", {}).get("orderly")
    if table is not None and not isinstance(table, dict):
        raise CommandError(f"{file}: tool.orderly is not a table. Write [tool.orderly].")
    return table


def _application(folder: Path, table: Mapping[str, Any]) -> Application:
    for key, value in table.items():
        if problem := _problem(folder, key, value):
            raise CommandError(f"{folder / PROJECT_FILE}: {problem}")
    values = {**DEFAULTS, **table}
    return Application(folder, folder / values.pop("contract"), **values)


def _problem(folder: Path, key: str, value: Any) -> str | None:
    """Return the error of a key of `[tool.orderly]`, or None."""
    if key not in DEFAULTS:
        return f"[tool.orderly] has no key {key}. Use one of {', '.join(DEFAULTS)}."
    if not isinstance(value, str):
        return f"{key} in [tool.orderly] is not a string. Put it in quotes."
    if key == "contract":
        problem = f"the contract {value} does not exist. Correct contract in [tool.orderly]."
        return None if (folder / value).is_file() else problem
    if key == "readiness":
        problem = f"readiness {value} in [tool.orderly] is not a URL path. Begin it with a slash."
        return None if value.startswith("/") else problem
    return _package_problem(folder, key, value)


def _package_problem(folder: Path, key: str, name: str) -> str | None:
    if not PACKAGE_NAME.fullmatch(name):
        return f"{key} in [tool.orderly] is not the name of a package: {name}. Write a dotted name."
    problem = f"the package {name} does not exist. Correct {key} in [tool.orderly]."
    return None if folder.joinpath(*name.split(".")).is_dir() else problem


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception as error:
        is_absent = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
        if is_absent:
            return None
        raise CommandError(_describe(name, error)) from error


def _describe(name: str, error: Exception) -> str:
    """Return the file, the line and the reason of a failed import."""
    file = f"{name.replace('.', '/')}.py"
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if each.filename.endswith(f"/{Path(file).name}")
    ]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 1
    reason = error.msg if isinstance(error, SyntaxError) else error
    return f"{file}:{line}: {type(error).__name__}: {reason}"
