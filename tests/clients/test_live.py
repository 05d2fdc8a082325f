"""Each client against the live service, on a good line and on a bad one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db.orders import Order
from db.products import Product
from db.sessions import RefreshToken, UserSession
from db.users import find_by_email
from orderly.clock import new_id
from tests.clients.conftest import SCENARIOS, SUFFIX, name_of
from tests.clients.proxy import bad_line
from tests.shop import invariants


@pytest.fixture
def run_scenario(language, shop):
    """Runs a scenario at the shop, or at another address."""

    def run_scenario(name: str, url: str = shop.service.url, **given: Any) -> None:
        source = Path(SCENARIOS, f"{name}.{SUFFIX[name_of(language)]}").read_text()
        language.use(name, source, {"url": f"{url}/v1", **given})

    return run_scenario


@pytest.fixture(scope="session")
def old_stock(shop):
    """Five hundred products."""
    for n in range(500):
        shop.add_product(sku=f"OLD-{n:03}", name=f"Mug OLD-{n:03}")


@contextmanager
def being_filled(shop) -> Iterator[None]:
    """New products come in until the end of the block."""
    enough = threading.Event()

    def fill() -> None:
        while not enough.wait(0.002):
            shop.add_product()

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def test_a_customer_signs_up_browses_orders_and_cancels_while_the_shop_is_being_filled(run_scenario, shop, old_stock):
    with being_filled(shop):
        run_scenario("shop", email=f"{new_id('alice')}@example.com")


def test_twenty_calls_with_an_expired_token_renew_it_once_and_an_ended_session_stays_ended(run_scenario, shop):
    name = new_id("alice")
    user_id = shop.add_user(name)
    tokens = [shop.begin(user_id, age=20) for _ in range(3)]
    tokens[2]["refresh_token"] = "A" * len(tokens[2]["refresh_token"])
    run_scenario("renewal", email=f"{name}@example.com", tokens=tokens)
    with shop.database.reading() as session:
        counted = select(func.count(RefreshToken.hash)).join(UserSession, UserSession.id == RefreshToken.session_id)
        made = session.scalars(counted.where(UserSession.user_id == user_id).group_by(UserSession.id))
        assert sorted(made) == [1, 2, 2]


def test_a_renewal_whose_answer_is_lost_keeps_the_session(run_scenario, shop):
    name = new_id("alice")
    user_id = shop.add_user(name)
    tokens = [shop.begin(user_id, age=20) for _ in range(3)]
    tokens[2]["refresh_token"] = "A" * len(tokens[2]["refresh_token"])
    with bad_line(shop.service.url, lose=0.4) as (url, line):
        run_scenario("renewal", url, email=f"{name}@example.com", tokens=tokens)
    assert line.lost > 10


def test_two_hundred_orders_over_a_line_that_loses_answers_are_two_hundred(run_scenario, shop):
    user_id = shop.add_user(new_id("alice"))
    product_id = shop.add_product(stock=1000)
    with bad_line(shop.service.url) as (url, line):
        run_scenario("lossy", url, tokens=[shop.begin(user_id)], product_id=product_id)
    assert (line.lost > 20, line.refused > 20, line.hasty, len(line.keys)) == (True, True, 0, 200)
    with shop.database.reading() as session:
        invariants.check(session)
        assert session.scalar(select(func.count(Order.id)).where(Order.user_id == user_id)) == 200
        assert session.scalar(select(Product.stock).where(Product.id == product_id)) == 800


def test_what_is_not_safe_is_sent_once_but_for_a_429(run_scenario, shop):
    email = f"{new_id('alice')}@example.com"
    with (
        bad_line(shop.service.url, lose=1, limit=0, fail=0) as (losing, lost),
        bad_line(shop.service.url, lose=0, limit=0, fail=1) as (failing, failed),
        bad_line(shop.service.url, lose=0, limit=0.5, fail=0) as (limiting, _),
        bad_line(shop.service.url, lose=0, limit=1, fail=0, pauses=(3600,)) as (closed, shut),
    ):
        urls = {"losing": losing, "failing": failing, "limiting": limiting, "closed": closed}
        run_scenario("once", urls={name: f"{url}/v1" for name, url in urls.items()}, email=email)
    assert [line.requests for line in (lost, failed, shut)] == [1, 1, 1]
    with shop.database.reading() as session:
        assert find_by_email(session, email) is not None
