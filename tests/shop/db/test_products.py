"""Products: their rules, and a stock that nothing can oversell."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Row, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import products
from db.events import Event
from db.products import MAX_STOCK, InsufficientStock, Product
from db.stock_ledger import StockAdjustment
from orderly import Caller, ReadSession
from orderly.database.database import Database
from tests.requirements import needing_postgresql
from tests.shop.factories import make_product
from tests.statements import listen


def stock_of(session: ReadSession, product: Product) -> Any:
    return session.scalar(select(Product.stock).where(Product.id == product.id))


def wait_for_a_lock_waiter(session: Session) -> None:
    """Wait until a transaction of this database waits for a lock."""
    waiting = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    for _ in range(500):
        if session.scalar(waiting) is not None:
            return
        session.rollback()
        sleep(0.01)
    raise AssertionError("no transaction waits for a lock")


class TestReserve:
    def test_all_lines_are_reserved_with_new_versions(self, session: Session) -> None:
        cup, jug = make_product(session), make_product(session)
        products.reserve(session, {jug.id: 10, cup.id: 1})
        session.expire_all()
        assert [(p.stock, p.version) for p in (jug, cup)] == [(0, 2), (9, 2)]

    def test_short_line_is_named_and_reserves_nothing(self, database: Database) -> None:
        with database.writing() as session:
            cup, jug = make_product(session), make_product(session, stock=2)
            session.commit()
            with pytest.raises(InsufficientStock, match=jug.id) as refusal:
                products.reserve(session, {cup.id: 1, jug.id: 3})
            assert cup.id not in refusal.value.fields["products"]
        with database.reading() as session:
            assert (stock_of(session, cup), stock_of(session, jug)) == (10, 2)


class TestRules:
    def test_each_change_is_recorded_once(self, session: Session, bob: Caller) -> None:
        cup = make_product(session)
        products.change(session, bob, cup.id, {"name": cup.name})
        products.change(session, bob, cup.id, {"price_amount": 1})
        products.adjust(session, bob, cup.id, delta=-3, reason="broken")
        products.archive(session, bob, cup.id)
        session.flush()
        reported = session.scalars(select(Event).where(Event.subject_id == cup.id).order_by(Event.id)).all()
        assert [e.type for e in reported] == [
            "product.created",
            "product.updated",
            "stock.adjusted",
            "product.archived",
        ]
        assert [e.data.get("price_amount") for e in reported] == [1250, 1, None, None]
        assert reported[2].data["delta"] == -3
        assert [e.actor_id for e in reported] == [None] + 3 * [bob.id]

    @pytest.mark.parametrize(
        ("table", "values", "constraint"),
        [
            (Product, {"stock": -1}, "ck_products_stock"),
            (Product, {"stock": MAX_STOCK + 1}, "ck_products_stock"),
            (Product, {"price_amount": -1}, "ck_products_price_amount"),
            (StockAdjustment, {"delta": 0}, "ck_stock_adjustments_delta"),
        ],
    )
    def test_tables_reject_invalid_rows(
        self, session: Session, table: type[Any], values: dict[str, int], constraint: str
    ) -> None:
        make_product(session)
        with pytest.raises(IntegrityError, match=constraint):
            session.execute(update(table).values(values))

    def test_number_of_statements_is_independent_of_lines(self, session: Session) -> None:
        ids = [make_product(session).id for _ in range(12)]
        session.flush()
        counts = []
        for some in (ids[:1], ids[:12]):
            with listen(session) as statements:
                products.reserve(session, dict.fromkeys(some, 1))
                products.restock(session, dict.fromkeys(some, 1))
            counts.append(len(statements))
        assert counts == [2, 2]


class TestConcurrency:
    @pytest.fixture
    def change(self, database: Database) -> Callable[..., bool]:
        """A function that returns whether the stock was enough for an action."""

        def change(act: Callable[..., StockAdjustment], *given: str | None, **named: Any) -> bool:
            with database.writing() as session:
                try:
                    act(session, *given, **named)
                except InsufficientStock:
                    return False
                session.commit()
                return True

        return change

    @pytest.fixture
    def shelf(self, database: Database) -> tuple[Product, Product]:
        """Two products, ten of each."""
        with database.writing() as session:
            both = make_product(session), make_product(session)
            session.commit()
        return both

    # SQLite has one writer at a time.
    @pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
    def test_rows_are_locked_in_the_order_of_their_ids(
        self, database: Database, change: Callable[..., bool], shelf: tuple[Product, Product]
    ) -> None:
        cup, jug = shelf
        change(products.adjust, None, cup.id, delta=1, reason="count")  # PostgreSQL moves the row behind the other one
        with database.writing() as holder, database.writing() as watcher, ThreadPoolExecutor(1) as thread:
            # With few rows the plan scans the table, and compares each row with the ids.
            holder.execute(text("ANALYZE products"))
            holder.commit()
            products.get(holder, cup.id)
            buyer = thread.submit(change, reserve_in_page_order, {jug.id: 1, cup.id: 1})
            wait_for_a_lock_waiter(watcher)
            free = select(Product.id).where(Product.id == jug.id).with_for_update(skip_locked=True)
            found = watcher.scalar(free)
            watcher.rollback()
            holder.rollback()
            assert (found, buyer.result()) == (jug.id, True)


def reserve_in_page_order(session: Session, wanted: Any) -> dict[str, Row]:
    """Reserve products by a plan that reads in the order of pages."""
    for plan in ("hashjoin", "mergejoin", "indexscan", "bitmapscan"):
        session.execute(text(f"SET LOCAL enable_{plan} = off"))
    return products.reserve(session, wanted)
