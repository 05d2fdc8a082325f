"""A service for any contract and any handlers, on a SQLite database of its own."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orderly.contract.model import Contract
from orderly.database.database import Database
from orderly.http.messages import ASGIApp
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import make_application, url_of
from tests.shop.application import migrate
from tests.shop.factories import PASSWORD, make_settings

EVERYTHING = Path(__file__).parents[1] / "everything.yaml"
ALICE = {"email": "alice@example.com", "password": PASSWORD, "name": "Alice"}
Serve = Callable[..., Client]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """What the corridor does is the same on every database: one will do."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('corridor') / 'orderly.db'}", threads=10)
    migrate(database.url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def application(migrated: Database) -> Iterator[ASGIApp]:
    """The service on that one: what the other tests use is on theirs, and both live as long as the tests do."""
    yield from make_application(migrated)


@pytest.fixture
def serve(database: Database) -> Iterator[Serve]:
    """Serves a contract (that of everything, if none is given) with handlers by operationId."""
    opened = []

    def serve(handlers: dict[str, Any], contract: Contract | None = None, **given: Any) -> Client:
        settings = make_settings(**{"database_url": url_of(database), "rate_limits": False, **given})
        contract = contract or Contract(EVERYTHING.read_bytes())
        app = create_shop(settings, contract, lambda operation: handlers.get(operation.operation_id))
        opened.append(app)
        return Client(app)

    yield serve
    for app in opened:
        asyncio.run(shut_down(app))
