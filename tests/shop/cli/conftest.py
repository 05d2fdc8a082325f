"""The command line, run in a folder of its own."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orderly.database.database import Database
from tests.commands import forget_settings, orderly
from tests.requirements import needing_postgresql
from tests.shop.application import migrate, migrate_back

__all__ = ["orderly"]

ROOT = Path(__file__).parents[3]
PARTS = ("openapi", "handlers", "db")
"""The folders of the application."""


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a shop without data and settings."""
    forget_settings(monkeypatch)
    for part in PARTS:
        (tmp_path / part).symlink_to(ROOT / part)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["sqlite", needing_postgresql("postgresql")])
def database_url(request: pytest.FixtureRequest, shop: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the commands' database, without tables."""
    url = f"sqlite:///{shop / 'data' / 'orderly.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("bare_postgresql")
        migrate_back(url, "base")
    monkeypatch.setenv("ORDERLY_DATABASE_URL", url)
    return url


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest revision, as a template."""
    file = tmp_path_factory.mktemp("new") / "orderly.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def migrated_shop(shop: Path, new_file: Path) -> Iterator[Database]:
    """The database of a new shop in the folder, on SQLite."""
    (shop / "data").mkdir()
    shutil.copy(new_file, shop / "data")
    with closing(Database("sqlite:///data/orderly.db")) as database:
        yield database
