"""Clients against the live service, directly and through a faulty proxy."""

import threading
from collections.abc import Callable, Iterator
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
from tests.clients.conftest import SCENARIOS, SUFFIX, Python, Shop, TypeScript, name_of
from tests.clients.proxy import faulty_proxy
from tests.shop import invariants


@pytest.fixture
def run_scenario(language: Python | TypeScript, shop: Shop) -> Callable[..., None]:
    """A function that runs a scenario at a URL."""

    def run_scenario(name: str, url: str = shop.service.url, **arguments: Any) -> None:
        source = Path(SCENARIOS, f"{name}.{SUFFIX[name_of(language)]}").read_text()
        language.execute(name, source, {"url": f"{url}/v1", **arguments})

    return run_scenario


@pytest.fixture(scope="session")
def old_stock(shop: Shop) -> None:
    """Five hundred products."""
    for n in range(500):
        shop.add_product(sku=f"OLD-{n:03}", name=f"Mug OLD-{n:03}")


@contextmanager
def adding_products(shop: Shop) -> Iterator[None]:
    """Add products until the end of the block."""
    finished = threading.Event()

    def add() -> None:
        while not finished.wait(0.002):
            shop.add_product()

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def test_first_visit_succeeds_while_products_are_added(
    run_scenario: Callable[..., None], shop: Shop, old_stock: None
) -> None:
    with adding_products(shop):
        run_scenario("shop", email=f"{new_id('alice')}@example.com")


def test_concurrent_calls_renew_an_expired_token_once(run_scenario: Callable[..., None], shop: Shop) -> None:
    name = new_id("alice")
    user_id = shop.add_user(name)
    tokens = [shop.start_session(user_id, age=20) for _ in range(3)]
    tokens[2]["refresh_token"] = "A" * len(tokens[2]["refresh_token"])
    run_scenario("renewal", email=f"{name}@example.com", tokens=tokens)
    with shop.database.reading() as session:
        counted = select(func.count(RefreshToken.hash)).join(UserSession, UserSession.id == RefreshToken.session_id)
        token_counts = session.scalars(counted.where(UserSession.user_id == user_id).group_by(UserSession.id))
        assert sorted(token_counts) == [1, 2, 2]


def test_lost_responses_of_a_renewal_keep_the_session(run_scenario: Callable[..., None], shop: Shop) -> None:
    name = new_id("alice")
    user_id = shop.add_user(name)
    tokens = [shop.start_session(user_id, age=20) for _ in range(3)]
    tokens[2]["refresh_token"] = "A" * len(tokens[2]["refresh_token"])
    with faulty_proxy(shop.service.url, loss_rate=0.4) as (url, faults):
        run_scenario("renewal", url, email=f"{name}@example.com", tokens=tokens)
    assert faults.lost > 10


def test_lost_responses_create_no_second_order(run_scenario: Callable[..., None], shop: Shop) -> None:
    user_id = shop.add_user(new_id("alice"))
    product_id = shop.add_product(stock=1000)
    with faulty_proxy(shop.service.url) as (url, faults):
        run_scenario("lossy", url, tokens=[shop.start_session(user_id)], product_id=product_id)
    assert (faults.lost > 20, faults.rejected > 20, faults.early, len(faults.keys)) == (True, True, 0, 200)
    with shop.database.reading() as session:
        invariants.check(session)
        assert session.scalar(select(func.count(Order.id)).where(Order.user_id == user_id)) == 200
        assert session.scalar(select(Product.stock).where(Product.id == product_id)) == 800


def test_unsafe_requests_are_retried_only_after_a_429(run_scenario: Callable[..., None], shop: Shop) -> None:
    email = f"{new_id('alice')}@example.com"
    with (
        faulty_proxy(shop.service.url, loss_rate=1, limit_rate=0, failure_rate=0) as (losing, lost),
        faulty_proxy(shop.service.url, loss_rate=0, limit_rate=0, failure_rate=1) as (failing, failed),
        faulty_proxy(shop.service.url, loss_rate=0, limit_rate=0.5, failure_rate=0) as (limiting, _),
        faulty_proxy(shop.service.url, loss_rate=0, limit_rate=1, failure_rate=0, pauses=(3600,)) as (closed, shut),
    ):
        urls = {"losing": losing, "failing": failing, "limiting": limiting, "closed": closed}
        run_scenario("once", urls={name: f"{url}/v1" for name, url in urls.items()}, email=email)
    assert [faults.requests for faults in (lost, failed, shut)] == [1, 1, 1]
    with shop.database.reading() as session:
        assert find_by_email(session.session, email) is not None
