"""Many who order, cancel, pay and fulfil at the same moment, each in a transaction that nobody repeats."""

from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import func, select

from db import accounts, order_actions, orders
from db.events import Event
from db.orders import InvalidTransition, Order
from db.products import InsufficientStock, Product
from db.users import AccountDeleted, User
from tests import invariants
from tests.concurrency import together
from tests.factories import make_caller, make_order, make_product, make_user

AT_ONCE = 16
"""A transaction needs a connection, of which the tests' pool has 20."""
MANAGER = frozenset({"orders:manage"})


@pytest.fixture
def caller(database):
    """Somebody who may buy, and change all orders."""
    with database.writing() as session:
        user = make_user(session, "bob")
        session.commit()
    return make_caller(user, scopes=MANAGER)


@pytest.fixture
def create_product(database):
    """Puts something on sale; gives its id."""

    def create_product(stock):
        with database.writing() as session:
            product_id = make_product(session, stock=stock).id
            session.commit()
        return product_id

    return create_product


@pytest.fixture
def buy(database, caller):
    """Buys, and tells whether there was enough."""

    def buy(*lines):
        with database.writing() as session:
            try:
                order_actions.place(session, caller, lines)
            except InsufficientStock:
                return False
            session.commit()
            return True

    return buy


@pytest.fixture
def change(database, caller):
    """Changes an order, and tells whether its state allowed it."""

    def change(what, order_id, *given):
        with database.writing() as session:
            try:
                what(session, orders.get_to_change(session, order_id, caller), caller, *given)
            except InvalidTransition:
                return False
            session.commit()
            return True

    return change


@pytest.fixture
def many_orders(database, caller):
    """Makes pending orders; gives their ids."""

    def many_orders(count):
        with database.writing() as session:
            product = make_product(session, stock=2 * count)
            made = [make_order(session, caller, lines=[(product.id, 2)]).id for _ in range(count)]
            session.commit()
        return made

    return many_orders


def left_of(database, product_id):
    with database.reading() as session:
        invariants.check(session)
        return session.scalar(select(Product.stock).where(Product.id == product_id))


def test_64_buyers_of_10_pieces_get_10(database, create_product, buy):
    mug = create_product(10)
    assert sum(together([partial(buy, (mug, 1))] * 64, AT_ONCE)) == 10
    assert left_of(database, mug) == 0


def test_500_buyers_of_one_to_three_of_37_leave_none_that_somebody_could_have_had(database, create_product, buy):
    mug = create_product(37)
    wanted = [1 + n % 3 for n in range(500)]
    got = together([partial(buy, (mug, quantity)) for quantity in wanted], AT_ONCE)
    left = left_of(database, mug)
    assert sum(quantity for quantity, bought in zip(wanted, got, strict=True) if bought) == 37 - left
    assert all(quantity > left for quantity, bought in zip(wanted, got, strict=True) if not bought)


def test_who_wants_one_and_the_other_never_blocks_who_wants_the_other_and_the_one(database, create_product, buy):
    one, other = create_product(1000), create_product(1000)
    pairs = [((one, 1), (other, 1)), ((other, 1), (one, 1))]
    assert all(together([partial(buy, *pairs[n % 2]) for n in range(200)], AT_ONCE))
    assert (left_of(database, one), left_of(database, other)) == (800, 800)


def test_20_who_cancel_restock_once(database, change, many_orders):
    [order_id] = many_orders(1)
    assert all(together([partial(change, order_actions.cancel, order_id)] * 20, AT_ONCE))
    with database.reading() as session:
        invariants.check(session)
        reported = select(func.count(Event.id)).where(Event.type == "order.cancelled")
        assert (session.scalar(reported), session.scalar(select(Product.stock))) == (1, 2)


def test_whoever_cancels_pays_and_fulfils_leaves_a_legal_state(database, change, many_orders):
    acts = []
    for order_id in many_orders(60):
        pay = partial(change, order_actions.pay, order_id, f"bank-{order_id}")
        acts += [partial(change, order_actions.cancel, order_id), pay, partial(change, order_actions.fulfil, order_id)]
    done = together(acts, crowd=6)
    with database.reading() as session:
        invariants.check(session)
        states = session.scalars(select(Order.status)).all()
    assert set(states) <= {"paid", "fulfilled", "cancelled"}
    assert sum(done) == len(states) + states.count("fulfilled")


def test_who_orders_while_his_account_is_erased_is_too_late_or_keeps_it(database, create_product):
    mug = create_product(100)
    with database.writing() as session:
        people = [make_user(session, f"buyer-{n}") for n in range(24)]
        session.commit()

    def order(user):
        with database.writing() as session, suppress(AccountDeleted):
            order_actions.place(session, make_caller(user), [(mug, 1)])
            session.commit()

    def leave(user):
        with database.writing() as session, suppress(accounts.HasOpenOrders):
            accounts.erase(session, session.get(User, user.id))
            session.commit()

    together([partial(act, user) for user in people for act in (order, leave)], AT_ONCE)
    with database.reading() as session:
        invariants.check(session)
        gone = select(User.id).where(User.status == "erased")
        assert session.scalars(select(Order.id).where(Order.user_id.in_(gone))).all() == []
        kept = session.scalar(select(func.count(Order.id)))
        assert kept + len(session.scalars(gone).all()) == len(people)
