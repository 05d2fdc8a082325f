"""A served shop: SQLite with one and two processes, PostgreSQL with two."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Select

from db.access_tokens import AccessTokens
from orderly.clock import new_id
from orderly.database.database import Database
from tests.concurrency import CROWD
from tests.conftest import make_postgresql
from tests.serving import Served, served
from tests.settings import SECRET
from tests.shop import invariants
from tests.shop.application import migrate
from tests.shop.factories import make_product, make_session, make_user

SET_UPS = {"sqlite-1": 1, "sqlite-2": 2, "postgresql-2": 2}
"""The databases, and by how many processes each is served."""
PATIENCE = 30.0
"""Seconds that a test waits for a response."""

Headers = dict[str, str]


class Retrying(httpx.HTTPTransport):
    """A transport that repeats a request after a 503.

    It waits for the time of Retry-After. On a busy machine the requests of a crowd are rejected, because they would
    wait too long. No rejected request has had an effect. One that was carried out all the same would be carried out
    twice here, and the tests would find it.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the first response other than 503, or a 503 after `PATIENCE`."""
        end = time.monotonic() + PATIENCE
        while (response := super().handle_request(request)).status_code == 503 and time.monotonic() < end:
            response.read()
            response.close()
            time.sleep(float(response.headers["Retry-After"]))
        return response


@dataclass
class Shop:
    """The service and its database, shared by the tests of a module.

    Each test creates its own users and products.
    """

    service: Served
    database: Database

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Yield a client with enough connections to reach all processes."""
        connections = httpx.Limits(max_connections=CROWD, max_keepalive_connections=CROWD)
        with httpx.Client(
            base_url=self.service.url, timeout=PATIENCE, transport=Retrying(limits=connections)
        ) as client:
            yield client

    def sign_in(self, *roles: str) -> list[Headers]:
        """Create users with these roles; return their headers."""
        with self.database.writing() as session:
            people = [make_user(session, new_id("user"), role=role) for role in roles]
            issued = [make_session(session, person) for person in people]
            session.commit()
        return [_bearer(each.session.user_id, each.session.id) for each in issued]

    def create_products(self, *stocks: int) -> list[str]:
        """Create products with these stocks; return their ids."""
        with self.database.writing() as session:
            made = [make_product(session, stock=stock).id for stock in stocks]
            session.commit()
        return made

    def read(self, statement: Select[Any]) -> Any:
        """Check the invariants of the shop, then return one value."""
        with self.database.reading() as session:
            invariants.check(session)
            return session.scalar(statement)


@contextmanager
def open_shop(set_up: str, folder: Path) -> Iterator[Shop]:
    """Serve a new shop until the end of the block."""
    on_sqlite = set_up.startswith("sqlite")
    new = nullcontext(f"sqlite:///{folder / 'orderly.db'}") if on_sqlite else make_postgresql("shop")
    with new as url:
        migrate(url)
        given: dict[str, Any] = {"workers": SET_UPS[set_up], "rate_limits": "off", "debug": "on"}
        with closing(Database(url)) as database, served(folder, url, **given) as service:
            yield Shop(service, database)


def _bearer(user_id: str, session_id: str) -> Headers:
    token, _ = AccessTokens(SECRET).issue(user_id, session_id)
    return {"Authorization": f"Bearer {token}"}
