"""The command line, run in a folder of its own."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from orderly.__main__ import main
from orderly.config.settings import PREFIX
from orderly.database.database import Database
from orderly.database.migrations import runner
from tests.requirements import needing_postgresql

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class CommandResult:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, and no setting but those that a test makes."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def orderly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., CommandResult]:
    """Runs a command in this process: `orderly("db", "status")`."""

    def orderly(*words: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["orderly", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return CommandResult(int(ended.value.code or 0), *capsys.readouterr())

    return orderly


@pytest.fixture(params=["sqlite", needing_postgresql("postgresql")])
def database_url(request: pytest.FixtureRequest, shop: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database without tables, which the commands use."""
    url = f"sqlite:///{shop / 'data' / 'orderly.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("bare_postgresql")
        runner.downgrade(url, "base")
    monkeypatch.setenv("ORDERLY_DATABASE_URL", url)
    return url


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of today, to be copied."""
    file = tmp_path_factory.mktemp("new") / "orderly.db"
    runner.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def migrated_shop(shop: Path, new_file: Path) -> Iterator[Database]:
    """The database of a new shop in the folder, on SQLite."""
    (shop / "data").mkdir()
    shutil.copy(new_file, shop / "data")
    with closing(Database("sqlite:///data/orderly.db")) as database:
        yield database
