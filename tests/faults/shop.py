"""A shop to harm: a database, people with tokens, things for sale, and the service that sells them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from db import migrations
from db.session import Database
from openapi.security import Tokens
from tests.conftest import make_postgresql
from tests.factories import SECRET, make_product, make_session, make_user
from tests.serving import Served, served

STOCK = 1_000_000


@dataclass
class Shop:
    """Where everything is."""

    url: str
    folder: Path
    database: Database
    tokens: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The file of a shop on SQLite."""
        return Path(str(self.database.url.database))

    def serve(self, **settings: object) -> "contextmanager[Served]":
        """Serve it until the end of the block."""
        return served(self.folder, self.url, **{"rate_limits": "off", **settings})

    def open(self, people: int = 16, products: int = 4) -> None:
        """Let people in and put things on the shelves."""
        with self.database.writing() as session:
            self.products = [make_product(session, stock=STOCK).id for _ in range(products)]
            for n in range(people):
                user = make_user(session, f"buyer-{n}")
                started = make_session(session, user).session
                self.tokens.append(Tokens(SECRET).access_token(user.id, started.id)[0])
            session.commit()


@contextmanager
def shop_on(kind: str, *, file_in: Path | None = None, **given: int) -> Iterator[Shop]:
    """A shop that is gone at the end of the block: on `sqlite`, `postgresql` or the database of a URL."""
    place = Path(mkdtemp(prefix="orderly-faults-"))
    urls = iter([kind])
    if kind == "postgresql":
        urls = make_postgresql("faults")
    elif kind == "sqlite":
        urls = iter([f"sqlite:///{(file_in or place) / 'orderly.db'}"])
    try:
        for url in urls:
            migrations.upgrade(url)
            database = Database(url)
            shop = Shop(url, place, database)
            shop.open(**given)
            yield shop
            database.close()
    finally:
        shutil.rmtree(place)
