"""Fixtures of the served shop.

Two servers on one database, and a shop in three set-ups.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from orderly.database.database import Database
from tests.conftest import make_postgresql
from tests.e2e.shop import PATIENCE, Shop, open_shop
from tests.requirements import needing_postgresql
from tests.serving import Served, served, wait_until_ready
from tests.shop.application import migrate
from tests.shop.factories import make_user


@dataclass
class Twins:
    """The servers and their database."""

    here: Served
    there: Served
    database: Database
    folder: Path

    def add_user(self, name: str) -> str:
        """Create a user; return the id."""
        with self.database.writing() as session:
            user = make_user(session, name)
            session.commit()
        return user.id


@pytest.fixture(scope="module", params=["sqlite", needing_postgresql("postgresql")])
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two servers on one new database; on PostgreSQL one has two workers."""
    folder = tmp_path_factory.mktemp("live")
    if request.param == "sqlite":
        yield from serve_twice(f"sqlite:///{folder / 'orderly.db'}", folder, workers=1)
        return
    with make_postgresql("live") as url:
        yield from serve_twice(url, folder, workers=2)


@pytest.fixture
def here(twins: Twins) -> Iterator[httpx.Client]:
    """An HTTP client of the first server."""
    with httpx.Client(base_url=twins.here.url, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def there(twins: Twins) -> Iterator[httpx.Client]:
    """An HTTP client of the second server."""
    with httpx.Client(base_url=twins.there.url, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="module", params=["sqlite-1", "sqlite-2", needing_postgresql("postgresql-2")])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that is served, once for each set-up and module."""
    with open_shop(request.param, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    """An HTTP client of the shop, for many requests at once."""
    with shop.client() as client:
        yield client


def serve_twice(url: str, folder: Path, *, workers: int) -> Iterator[Twins]:
    """Migrate a database and serve it by two servers."""
    migrate(url)
    given: dict[str, Any] = {"rate_limits": "off", "debug": "on"}
    with (
        closing(Database(url)) as database,
        served(folder, url, wait=False, workers=workers, **given) as here,
        served(folder, url, **given) as there,
    ):
        wait_until_ready(here)
        yield Twins(here, there, database, folder)
