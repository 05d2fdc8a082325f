"""The command `orderly backup`, also of a busy shop."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from db.orders import Order
from orderly.database.database import Database
from tests.commands import CommandResult
from tests.shop import invariants
from tests.shop.factories import make_caller, make_order, make_product, make_user


@pytest.fixture
def busy(migrated_shop: Database) -> Iterator[Database]:
    """The database of a shop with continuous orders."""
    with migrated_shop.writing() as session:
        caller, product = make_caller(make_user(session)), make_product(session, stock=1_000_000).id
        make_order(session, caller, lines=[(product, 1)])
        session.commit()
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            with migrated_shop.writing() as session:
                make_order(session, caller, lines=[(product, 1)])
                session.commit()

    buyer = threading.Thread(target=go_on)
    buyer.start()
    yield migrated_shop
    stop.set()
    buyer.join()


def test_copy_of_a_busy_shop_is_consistent(orderly: Callable[..., CommandResult], busy: Database, shop: Path) -> None:
    result = orderly("backup", "copy.db")
    assert (result.code, result.err) == (0, "")
    copy = Database(f"sqlite:///{shop / 'copy.db'}")
    with copy.reading() as session:
        assert session.scalar(select(Order.id).limit(1)) is not None
        invariants.check(session)
    copy.close()


def test_existing_file_is_not_overwritten(
    orderly: Callable[..., CommandResult], migrated_shop: Database, shop: Path
) -> None:
    (shop / "copy.db").write_text("precious")
    result = orderly("backup", "copy.db")
    assert result.code == 1
    assert (shop / "copy.db").read_text() == "precious"


@pytest.mark.parametrize("name", ["nowhere/copy.db", "data/orderly.db/copy.db", "a" * 300])
def test_unwritable_copy_is_reported_in_one_line(
    orderly: Callable[..., CommandResult], migrated_shop: Database, shop: Path, name: str
) -> None:
    result = orderly("backup", str(shop / name))
    assert result.code == 1
    assert result.err.count("\n") == 1


@pytest.mark.needs("postgresql")
def test_postgresql_is_referred_to_its_own_tools(
    orderly: Callable[..., CommandResult], bare_postgresql: str, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    monkeypatch.setenv("ORDERLY_DATABASE_URL", bare_postgresql)
    orderly("db", "upgrade")
    result = orderly("backup", "copy.dump")
    assert (result.code, result.out) == (1, "")
    assert "pg_dump" in result.err
    assert not (shop / "copy.dump").exists()
