"""Races of orders and deletions; tests/e2e has those of stock."""

from contextlib import suppress
from functools import partial

from sqlalchemy import func, select

from db import accounts, order_actions
from db.orders import Order
from db.users import AccountDeleted, User
from orderly.database.database import Database
from tests.concurrency import together
from tests.shop import invariants
from tests.shop.factories import make_caller, make_product, make_user

AT_ONCE = 16
"""A transaction needs a connection, of which the tests' pool has 20."""


def test_an_account_with_a_new_order_is_kept(database: Database) -> None:
    with database.writing() as session:
        mug = make_product(session, stock=100).id
        people = [make_user(session, f"buyer-{n}") for n in range(24)]
        session.commit()

    def order(user: User) -> None:
        with database.writing() as session, suppress(AccountDeleted):
            order_actions.place(session, make_caller(user), [(mug, 1)])
            session.commit()

    def leave(user: User) -> None:
        with database.writing() as session, suppress(accounts.HasOpenOrders):
            accounts.erase(session, session.get_one(User, user.id))
            session.commit()

    together([partial(act, user) for user in people for act in (order, leave)], AT_ONCE)
    with database.reading() as reading:
        invariants.check(reading)
        gone = select(User.id).where(User.status == "erased")
        assert reading.scalars(select(Order.id).where(Order.user_id.in_(gone))).all() == []
        kept = reading.execute(select(func.count(Order.id))).scalar_one()
        assert kept + len(reading.scalars(gone).all()) == len(people)
