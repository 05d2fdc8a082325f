"""The migration of a later release while this one serves.

No request fails.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from orderly.database.migrations import revisions, runner
from tests.faults.load import buying
from tests.faults.shop import Shop, shop_on
from tests.requirements import needing_postgresql
from tests.shop.application import APPLICATION, REVISIONS

LATER = {
    "9001": """
def upgrade():
    op.add_column("orders", sa.Column("channel", sa.String(20)))
    op.create_table("channels", sa.Column("name", sa.String(20), primary_key=True))
""",
    "9002": """
def upgrade():
    online.create_index("ix_orders_channel", "orders", ["channel", "id"])
""",
}
"""The migrations of a later release, which keep the rules."""
ACKNOWLEDGED = {"begun", "ordered", "paid", "cancelled"}
READS = {"sqlite": 1, "postgresql": 7}
"""Seconds of the long read: on PostgreSQL longer than the service waits for a lock.

If the migration waited for the reader without letting other requests pass, those would be rejected.
"""
HEAD_OF_FILE = """
import sqlalchemy as sa
from alembic import op
from orderly.database.migrations import online_ddl as online

revision, down_revision = "{}", "{}"
"""


def later_release(folder: Path) -> Path:
    """Create the migrations of a later release."""
    shutil.copytree(APPLICATION.migrations, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    for (revision, upgrade), before in zip(LATER.items(), [REVISIONS[-1], *LATER], strict=False):
        file = folder / "migrations" / "versions" / f"{revision}.py"
        file.write_text(HEAD_OF_FILE.format(revision, before) + upgrade)
    return folder / "migrations"


@contextmanager
def open_reader(url: str) -> Iterator[None]:
    """Open a transaction that has read orders and does not end.

    A report or a backup does the same for a while.
    """
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM orders"))
        yield
    engine.dispose()


async def migrated(shop: Shop, folder: Path) -> Counter[str]:
    with shop.serve() as service:
        async with buying(shop, service.url, retry=False) as history:
            await history.until("ordered", 20)
            upgrading = asyncio.create_task(asyncio.to_thread(runner.upgrade, shop.url, later_release(folder)))
            with open_reader(shop.url):
                await asyncio.sleep(READS[shop.database.url.get_backend_name()])
            await upgrading
            await history.until("ordered", 50)
        return history.counts


@pytest.mark.parametrize("kind", ["sqlite", needing_postgresql("postgresql")])
def test_later_release_migrates_while_this_one_serves(kind: str, tmp_path: Path) -> None:
    with shop_on(kind) as shop:
        counts = asyncio.run(migrated(shop, tmp_path))
        with shop.database.reading() as session:
            assert revisions.current(session.connection()) == "9002"
            unset = text("SELECT count(*) FROM orders WHERE channel IS NULL")
            assert session.execute(unset).scalar_one() >= 50
    assert counts.keys() <= ACKNOWLEDGED, counts
