"""Orders at several processes of one shop: nothing oversold, nothing bought twice, also when a connection breaks."""

import json
import socket
from collections import Counter
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from db.base import new_id
from db.orders import Order
from db.products import Product
from tests import ledger
from tests.factories import PASSWORD, make_product
from tests.together import together


@pytest.fixture
def alice(twins):
    """The headers of somebody new."""
    name = new_id("alice")
    twins.add_user(name)
    answer = httpx.post(f"{twins.here.url}/v1/tokens", json={"email": f"{name}@example.com", "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def mug(twins):
    """Ten of something for sale; its id."""
    with twins.database.writing() as session:
        product_id = make_product(session, stock=10).id
        session.commit()
    return product_id


@pytest.fixture
def read(twins):
    """One value, after the whole shop was checked."""

    def read(statement):
        with twins.database.reading() as session:
            ledger.check(session)
            return session.scalar(statement)

    return read


@pytest.fixture
def servers(twins):
    """Clients of both servers, by turns."""
    with httpx.Client(base_url=twins.here.url) as here, httpx.Client(base_url=twins.there.url) as there:
        yield [here, there] * 32


def order(client, headers, product_id):
    return client.post("/v1/orders", json=wanting(product_id), headers=headers)


def wanting(product_id):
    return {"lines": [{"product_id": product_id, "quantity": 1}]}


def left(product_id):
    return select(Product.stock).where(Product.id == product_id)


def codes(answers):
    return Counter(answer.json().get("code", answer.status_code) for answer in answers)


def test_64_buyers_of_10_pieces_get_10(servers, alice, mug, read):
    answers = together([partial(order, client, alice, mug) for client in servers])
    assert codes(answers) == {201: 10, "insufficient_stock": 54}
    assert read(left(mug)) == 0


def test_32_posts_with_one_key_make_one_order(servers, alice, mug, read):
    headers = {**alice, "Idempotency-Key": new_id("key")}
    answers = together([partial(order, client, headers, mug) for client in servers[:32]])
    assert codes(answers).keys() <= {201, "idempotency_key_in_flight"}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert read(left(mug)) == 9


def test_who_hangs_up_at_once_and_comes_again_buys_once(twins, servers, alice, mug, read):
    headers = {**alice, "Idempotency-Key": new_id("key")}
    send_and_hang_up(twins.here.url, headers, wanting(mug))
    again = order(servers[1], headers, mug)
    while again.status_code == 409:  # the first one is at work
        assert again.json()["code"] == "idempotency_key_in_flight"
        again = order(servers[1], headers, mug)
    assert again.status_code == 201
    assert order(servers[0], headers, mug).json() == again.json()
    user_id = again.json()["user_id"]
    assert (read(select(func.count(Order.id)).where(Order.user_id == user_id)), read(left(mug))) == (1, 9)


def send_and_hang_up(url, headers, body):
    content = json.dumps(body).encode()
    given = {"Host": "shop.test", "Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    lines = ["POST /v1/orders HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.sendall("\r\n".join(lines).encode() + content)
