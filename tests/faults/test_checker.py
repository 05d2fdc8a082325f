"""The checker of the faults.

It passes a correct shop, and finds each kind of error.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest
from sqlalchemy import select

from db.events import Event
from db.orders import Order
from db.users import User
from tests.faults.checker import check
from tests.faults.shop import Shop, shop_on
from tests.shop.factories import make_caller, make_order

KEY = "key_1"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop where an order was placed, acknowledged, paid and acknowledged."""
    with shop_on("sqlite", people=1, products=1) as shop:
        shop.history.acknowledge(KEY, place(shop), replayed=False, seconds=0.1)
        yield shop


def place(shop: Shop, note: str = KEY) -> str:
    """Place an order; return its id."""
    with shop.database.writing() as session:
        caller = make_caller(session.scalars(select(User).where(User.email == "buyer-0@example.com")).one())
        order = make_order(session, caller, lines=[(shop.products[0], 2)], note=note)
        session.commit()
        return order.id


def change(statements: str) -> Callable[[Shop], None]:
    """Make a change that the tables forbid.

    No code of the service makes it.
    """

    def change(shop: Shop) -> None:
        with closing(sqlite3.connect(shop.file)) as connection:
            connection.executescript(f"PRAGMA ignore_check_constraints = ON; {statements}")

    return change


def lose(shop: Shop) -> None:
    shop.history.acknowledge("key_2", "ord_lost", replayed=False, seconds=0.1)


def acknowledge_twice(shop: Shop) -> None:
    shop.history.acknowledge(KEY, place(shop, "key_2"), replayed=True, seconds=0.1)


def forget_a_payment(shop: Shop) -> None:
    with shop.database.reading() as session:
        shop.history.note("paid", of=session.scalar(select(Order.id)), became="paid")


def miss(shop: Shop) -> None:
    shop.history.acknowledge("key_2", place(shop, "key_2"), replayed=False, seconds=0.1)
    shop.history.note("followed", event=events_of(shop)[1])


def see_twice(shop: Shop) -> None:
    for _ in range(2):
        shop.history.note("followed", event=events_of(shop)[0])


def events_of(shop: Shop) -> Sequence[str]:
    with shop.database.reading() as session:
        return session.scalars(select(Event.id).where(Event.type == "order.created").order_by(Event.position)).all()


WRONGS = {
    "an acknowledged order is not there": lose,
    "a key has two orders": place,
    "two orders for one key": acknowledge_twice,
    "an order without a request": lambda shop: place(shop, "key_2"),
    "an acknowledged payment is not there": forget_a_payment,
    "a state without a response": change("UPDATE orders SET status = 'paid'"),
    "stock without an order": change("UPDATE products SET stock = stock - 1"),
    "stock below zero": change(
        "UPDATE stock_adjustments SET delta = delta - 2000000; UPDATE products SET stock = stock - 2000000"
    ),
    "an order without its event": change("DELETE FROM events WHERE type = 'order.created'"),
    "an event without its order": change(
        "INSERT INTO events (position, id, type, subject_id, data, created_at)"
        " SELECT position + 1, 'evt_2', type, 'ord_0', data, created_at FROM events WHERE type = 'order.created'"
    ),
    "an event twice": change(
        "INSERT INTO events (position, id, type, subject_id, data, created_at)"
        " SELECT position + 1, 'evt_2', type, subject_id, data, created_at FROM events WHERE type = 'order.created'"
    ),
    "two live refresh tokens": change(
        "INSERT INTO refresh_tokens (hash, session_id, created_at)"
        " SELECT 'other', session_id, created_at FROM refresh_tokens LIMIT 1"
    ),
    "a row that its table forbids": change("UPDATE users SET role = 'king'"),
    "a row without its parent": change("UPDATE order_lines SET order_id = order_id || 'x'"),
    "a response with status 500": lambda shop: shop.history.note("500"),
    "a refusal that does not say when to come again": lambda shop: shop.history.note("503", wait=None),
    "a follower that missed an event": miss,
    "a follower that saw an event twice": see_twice,
}


def test_correct_shop_passes(shop: Shop) -> None:
    shop.history.note("followed", event=events_of(shop)[0])
    shop.history.note("503", wait="1")
    assert check(shop)["orders"] == 1


def test_order_of_another_client_is_allowed_only_with_strangers(shop: Shop) -> None:
    place(shop, "key_2")
    assert check(shop, strangers=True)["orders"] == 1


@pytest.mark.parametrize("wrong", WRONGS.values(), ids=WRONGS)
def test_each_error_is_found(shop: Shop, wrong: Callable[[Shop], object]) -> None:
    wrong(shop)
    with pytest.raises(AssertionError):
        check(shop)
