"""A shop for faults.

It has a database, users with tokens, products, and the service.
"""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy.orm import Session

from db.access_tokens import AccessTokens
from db.sessions import LIFETIME
from orderly.database.database import Database
from tests.conftest import make_postgresql
from tests.faults.history import History
from tests.serving import Served, served
from tests.settings import SECRET
from tests.shop.application import migrate
from tests.shop.factories import make_product, make_session, make_user

STOCK = 1_000_000


@dataclass
class Shop:
    """The shop: its database, users, products and folder."""

    url: str
    folder: Path
    database: Database
    history: History
    tokens: list[str] = field(default_factory=list)
    staff_token: str = ""
    refresh_tokens: list[str] = field(default_factory=list)
    products: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The file of a shop on SQLite."""
        return Path(str(self.database.url.database))

    @property
    def errors(self) -> list[str]:
        """The errors in the log of the service."""
        logs = [log.read_text() for log in self.folder.glob("service-*.log")]
        return [line for log in logs for line in log.splitlines() if "[error" in line or "status=500" in line]

    def serve(self, **settings: Any) -> AbstractContextManager[Served]:
        """Serve it until the end of the block."""
        return served(self.folder, self.url, **{"rate_limits": "off", **settings})

    def open(self, people: int = 16, products: int = 4) -> None:
        """Create users and products."""
        with self.database.writing() as session:
            self.products = [make_product(session, stock=STOCK).id for _ in range(products)]
            self.tokens = [_sign_in(session, f"buyer-{n}") for n in range(people)]
            self.staff_token = _sign_in(session, "bob")
            self.refresh_tokens = [make_session(session).refresh_token for _ in range(2)]
            session.commit()


@contextmanager
def shop_on(kind: str, *, file_in: Path | None = None, **given: Any) -> Iterator[Shop]:
    """Create a shop on `sqlite`, `postgresql` or a URL; remove it afterwards."""
    if kind == "postgresql":
        with make_postgresql("faults") as url, shop_on(url, **given) as shop:
            yield shop
        return
    place = Path(mkdtemp(prefix="orderly-faults-"))
    url = f"sqlite:///{(file_in or place) / 'orderly.db'}" if kind == "sqlite" else kind
    try:
        migrate(url)
        with closing(Database(url)) as database:
            shop = Shop(url, place, database, History(place / "history.jsonl"))
            shop.open(**given)
            yield shop
    finally:
        shutil.rmtree(place)


def _sign_in(session: Session, name: str) -> str:
    user = make_user(session, name)
    return AccessTokens(SECRET, LIFETIME).issue(user.id, make_session(session, user).session.id)[0]
