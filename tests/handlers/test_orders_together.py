"""Many who call the service at the same moment: nothing is oversold, and nothing is bought twice."""

from collections import Counter
from functools import partial

import pytest
from sqlalchemy import func, select

from db.events import Event
from db.orders import Order
from db.products import Product
from tests import ledger
from tests.factories import make_product
from tests.together import together


@pytest.fixture
def buyers(sign_in):
    return [sign_in(f"buyer-{n}") for n in range(8)]


@pytest.fixture
def bob(sign_in):
    return sign_in("bob")


@pytest.fixture
def sell(database):
    """Puts something on sale; gives its id."""

    def sell(stock):
        with database.writing() as session:
            product_id = make_product(session, stock=stock).id
            session.commit()
        return product_id

    return sell


@pytest.fixture
def read(database):
    """One value, after the whole shop was checked."""

    def read(statement):
        with database.reading() as session:
            ledger.check(session)
            return session.scalar(statement)

    return read


def order(client, *lines, headers=None):
    body = {"lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]}
    return client.post("/v1/orders", body, headers)


def each_of(buyers, count):
    return [buyers[n % len(buyers)] for n in range(count)]


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


def test_64_buyers_of_10_pieces_get_10(buyers, sell, read):
    mug = sell(10)
    answers = together([partial(order, buyer, (mug, 1)) for buyer in each_of(buyers, 64)])
    assert codes(answers) == {201: 10, "insufficient_stock": 54}
    assert read(select(Product.stock)) == 0


def test_500_buyers_of_one_to_three_of_37_leave_none_that_somebody_could_have_had(buyers, sell, read):
    mug = sell(37)
    wanted = [1 + n % 3 for n in range(500)]
    acts = [partial(order, buyer, (mug, n)) for buyer, n in zip(each_of(buyers, 500), wanted, strict=True)]
    answers = list(zip(wanted, together(acts), strict=True))
    left = read(select(Product.stock))
    assert sum(quantity for quantity, answer in answers if answer.status == 201) == 37 - left
    assert {answer.code for quantity, answer in answers if answer.status != 201} == {"insufficient_stock"}
    assert all(quantity > left for quantity, answer in answers if answer.status != 201)


def test_500_orders_of_one_and_the_other_or_the_other_and_the_one_all_succeed(buyers, sell, read):
    one, other = sell(1000), sell(1000)
    pairs = [((one, 1), (other, 1)), ((other, 1), (one, 1))]
    answers = together([partial(order, buyer, *pairs[n % 2]) for n, buyer in enumerate(each_of(buyers, 500))])
    assert codes(answers) == {201: 500}
    assert read(select(func.sum(Product.stock))) == 1000


def test_32_posts_with_one_key_make_one_order(buyers, sell, read):
    mug, key = sell(100), {"Idempotency-Key": "k"}
    answers = together([partial(order, buyers[0], (mug, 1), headers=key)] * 32)
    assert codes(answers).keys() <= {201, "idempotency_key_in_flight"}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert order(buyers[0], (mug, 1), headers=key).headers["idempotency-replayed"] == "true"
    assert (read(select(func.count(Order.id))), read(select(Product.stock))) == (1, 99)


def test_20_patches_with_one_etag_are_one_change(buyers, sell, read):
    made = order(buyers[0], (sell(10), 1))
    target, seen = made.headers["location"], {"If-Match": made.headers["etag"]}
    answers = together([partial(buyers[0].patch, target, {"note": f"Note {n}"}, seen) for n in range(20)])
    assert codes(answers) == {200: 1, "precondition_failed": 19}
    assert read(select(func.count(Event.id)).where(Event.type == "order.updated")) == 1


def test_20_who_cancel_restock_once(buyers, bob, sell, read):
    target = order(buyers[0], (sell(10), 4)).headers["location"]
    answers = together([partial(each.post, f"{target}/cancel") for each in [buyers[0], bob] * 10])
    assert codes(answers) == {200: 20}
    assert len({answer.body for answer in answers}) == 1
    assert read(select(func.count(Event.id)).where(Event.type == "order.cancelled")) == 1
    assert read(select(Product.stock)) == 10


def test_whoever_cancels_pays_and_fulfils_leaves_a_legal_state(buyers, bob, sell, read):
    mug, acts = sell(100), []
    for buyer in each_of(buyers, 50):
        target = order(buyer, (mug, 2)).headers["location"]
        acts += [partial(buyer.post, f"{target}/cancel"), partial(bob.post, f"{target}/pay", {"reference": target})]
        acts += [partial(bob.post, f"{target}/fulfil")]
    answers = together(acts, crowd=6)
    assert codes(answers).keys() <= {200, "invalid_transition"}
    assert read(select(func.count(Order.id)).where(Order.status.in_(("paid", "fulfilled", "cancelled")))) == 50
