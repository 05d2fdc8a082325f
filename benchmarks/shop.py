"""The shop of all peers: the same rows in each database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from db.access_tokens import AccessTokens
from orderly.database.database import Database
from tests.requirements import POSTGRESQL
from tests.settings import SECRET
from tests.shop.application import migrate
from tests.shop.factories import make_product, make_session, make_user

PRODUCTS = 200


@dataclass
class Shop:
    """A filled database, with the data for its callers."""

    url: str
    token: str
    ids: list[str]


def fill(url: str, products: int = PRODUCTS) -> Shop:
    """Create the tables and the rows."""
    migrate(url)
    database = Database(url)
    with database.writing() as session:
        alice = make_user(session)
        started = make_session(session, alice).session
        given = {"stock": 900_000_000, "description": "Enamel, with a handle.", "category": "kitchen"}
        ids = [make_product(session, name=f"Mug {number}", **given).id for number in range(products)]
        session.commit()
        token, _ = AccessTokens(SECRET).issue(alice.id, started.id)
    database.close()
    return Shop(url, token, ids)


def copy(shop: Shop, path: Path) -> Shop:
    """Copy the shop to another SQLite file."""
    shutil.copy(shop.url.removeprefix("sqlite:///"), path)
    return Shop(f"sqlite:///{path}", shop.token, shop.ids)


@contextmanager
def on_postgresql(name: str) -> Iterator[Shop]:
    """Create a shop on the PostgreSQL server; drop it at the end."""
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            url = make_url(POSTGRESQL).set(drivername="postgresql+psycopg", database=name)
            yield fill(url.render_as_string(hide_password=False))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
