"""A shop as it is served: on SQLite by one process and by two, on PostgreSQL by two."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Select

from db.access_tokens import AccessTokens
from orderly.clock import new_id
from orderly.database.database import Database
from tests import invariants
from tests.concurrency import CROWD
from tests.conftest import make_postgresql
from tests.factories import SECRET, make_product, make_session, make_user
from tests.serving import Served, served
from tests.shop.application import migrate

SET_UPS = {"sqlite-1": 1, "sqlite-2": 2, "postgresql-2": 2}
"""The databases, and by how many processes each is served."""
PATIENCE = 30.0
"""Seconds that a test waits for an answer."""

Headers = dict[str, str]


@dataclass
class Shop:
    """The service and its database, which the tests of a module share: each brings its own people and products."""

    service: Served
    database: Database

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Somebody with a connection for each of a crowd, so that all processes are called."""
        connections = httpx.Limits(max_connections=CROWD, max_keepalive_connections=CROWD)
        with httpx.Client(base_url=self.service.url, timeout=PATIENCE, limits=connections) as client:
            yield client

    def sign_in(self, *roles: str) -> list[Headers]:
        """The headers of new people with these roles."""
        with self.database.writing() as session:
            people = [make_user(session, new_id("user"), role=role) for role in roles]
            issued = [make_session(session, person) for person in people]
            session.commit()
        return [_bearer(each.session.user_id, each.session.id) for each in issued]

    def create_products(self, *stocks: int) -> list[str]:
        """The ids of new products with these stocks."""
        with self.database.writing() as session:
            made = [make_product(session, stock=stock).id for stock in stocks]
            session.commit()
        return made

    def read(self, statement: Select[Any]) -> Any:
        """One value, after the books of the whole shop were checked."""
        with self.database.reading() as session:
            invariants.check(session)
            return session.scalar(statement)


@contextmanager
def open_shop(set_up: str, folder: Path) -> Iterator[Shop]:
    """Serve a new shop until the end of the block."""
    if set_up.startswith("sqlite"):
        yield from _open(f"sqlite:///{folder / 'orderly.db'}", folder, SET_UPS[set_up])
        return
    for url in make_postgresql("shop"):
        yield from _open(url, folder, SET_UPS[set_up])


def _open(url: str, folder: Path, workers: int) -> Iterator[Shop]:
    migrate(url)
    database = Database(url)
    with served(folder, url, workers=workers, rate_limits="off", debug="on") as service:
        yield Shop(service, database)
    database.close()


def _bearer(user_id: str, session_id: str) -> Headers:
    token, _ = AccessTokens(SECRET).issue(user_id, session_id)
    return {"Authorization": f"Bearer {token}"}
