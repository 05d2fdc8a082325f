"""The lists of orders: their statements and indexes."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from db import orders
from db.orders import Order
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.pagination import Key, Page
from tests.shop.factories import make_order, make_product, make_user
from tests.statements import listen


@pytest.fixture
def shop(session: Session, alice: Caller) -> Session:
    """Orders enough for the use of indexes."""
    people = [alice.id, *(make_user(session, f"user-{n}").id for n in range(39))]
    session.execute(
        insert(Order), [row(n, people[n % 40], "cancelled" if n % 50 == 0 else "pending") for n in range(3000)]
    )
    session.execute(text("ANALYZE orders"))
    return session


def row(minutes: int, user_id: str, status: str) -> dict[str, Any]:
    at, over = now() - timedelta(minutes=minutes), status == "cancelled"
    times = {"created_at": at, "updated_at": at, "cancelled_at": at if over else None}
    money = {"currency": "EUR", "total_amount": 1, "order_metadata": {}}
    return {"id": new_id("ord"), "user_id": user_id, "status": status, "restocked": over, **times, **money}


def listing(caller: Caller, **filters: Any) -> Page[Any]:
    found = orders.matching(orders.visible_to(caller), **filters)
    return Page(found, lambda order: {"lines": len(order.lines)}, [Order.created_at, Order.id])


def plan(session: Session, listed: Page[Any], after: Key | None) -> str:
    """Return the query plan of a page without the lines."""
    with listen(session) as statements:
        listed.rows(session, 20, after)
    statement, parameters = statements[0]
    explain = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in session.connection().exec_driver_sql(explain + statement, parameters))


@pytest.mark.parametrize(
    ("index", "filters"),
    [
        ("ix_orders_created_at", {}),
        ("ix_orders_created_at", {"created_before": now() - timedelta(days=1)}),
        ("ix_orders_created_at", {"created_after": now() - timedelta(days=1)}),
        ("ix_orders_status", {"status": "cancelled"}),
    ],
)
def test_each_filter_of_the_staff_has_an_index(shop: Session, bob: Caller, index: str, filters: dict[str, Any]) -> None:
    listed = listing(bob, **filters)
    for after in (None, listed.rows(shop, 20).last):
        found = plan(shop, listed, after)
        assert index in found
        assert "Sort" not in found
        assert "TEMP B-TREE" not in found


@pytest.mark.parametrize("filters", [{}, {"status": "pending"}, {"created_before": now() - timedelta(days=1)}])
def test_each_filter_of_a_customer_has_an_index(shop: Session, alice: Caller, filters: dict[str, Any]) -> None:
    listed = listing(alice, **filters)
    for after in (None, listed.rows(shop, 20).last):
        assert "ix_orders_user_id" in plan(shop, listed, after)


def test_page_of_any_size_is_two_statements(session: Session, bob: Caller) -> None:
    lines = [(make_product(session, stock=100).id, 1) for _ in range(3)]
    for rows in (1, 20):
        while len(session.scalars(orders.visible_to(bob)).all()) < rows:
            make_order(session, bob, lines=lines)
        session.expire_all()
        with listen(session) as statements:
            assert listing(bob).rows(session, 20).data == [{"lines": 3}] * rows
        assert len(statements) == 2
