"""Pagination of a list that changes meanwhile.

No row appears twice, and no row is missed that existed throughout.
"""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import httpx
import pytest

from orderly.clock import new_id
from tests.concurrency import together
from tests.e2e.shop import Headers, Shop
from tests.shop.factories import make_product

PAGES = 20


@pytest.fixture(scope="module")
def bob(shop: Shop) -> Headers:
    return shop.sign_in("staff")[0]


@pytest.fixture(scope="module")
def category(shop: Shop) -> str:
    """The category of 1,000 products."""
    name, random = new_id("category"), Random(1)  # noqa: S311  # names, not secrets
    with shop.database.writing() as session:
        for _ in range(1000):
            make_product(session, category=name, name=f"{random.random()}", stock=0)
        session.commit()
    return name


def read(client: httpx.Client, headers: Headers | None = None, **query: Any) -> httpx.Response:
    return client.get("/v1/products", params=query, headers=headers)


def ids_of(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return [product["id"] for product in page.json()["data"]]


def add(client: httpx.Client, headers: Headers, category: str, name: str) -> None:
    body = {"sku": new_id("sku"), "name": name, "category": category, "price": {"amount": 1, "currency": "EUR"}}
    response = client.post("/v1/products", json=body, headers=headers)
    assert response.status_code == 201, response.text


def archive(client: httpx.Client, headers: Headers, product_id: str) -> None:
    response = client.delete(f"/v1/products/{product_id}", headers={**headers, "If-Match": "*"})
    assert response.status_code == 204, response.text


def test_pages_of_a_changing_list_miss_and_repeat_no_row(
    shop: Shop, client: httpx.Client, bob: Headers, category: str
) -> None:
    random = Random(2)  # noqa: S311  # an order of changes, not a secret
    everything = all_ids(client, category)
    going = set(random.sample(everything, 100))
    changes: list[Callable[[], Any]] = [partial(add, client, bob, category, f"{random.random()}") for _ in range(200)]
    changes += [partial(archive, client, bob, product_id) for product_id in going]
    random.shuffle(changes)
    seen: list[str] = []
    query: dict[str, Any] = {"category": category, "sort": "name", "limit": 50}
    while query:
        now, changes = changes[: 300 // PAGES], changes[300 // PAGES :]
        acts: list[Callable[[], Any]] = [partial(read, client, **query), *now]
        page, *_ = together(acts)
        seen += ids_of(page)
        query = page.json()["has_more"] and {**query, "cursor": page.json()["next_cursor"]}
    assert changes == []
    assert len(seen) == len(set(seen))
    assert set(everything) - going <= set(seen)


def all_ids(client: httpx.Client, category: str) -> list[str]:
    """Return all ids of a list that does not change."""
    found: list[str] = []
    query: dict[str, Any] = {"category": category, "limit": 100}
    while query:
        page = read(client, **query)
        found += ids_of(page)
        query = page.json()["has_more"] and {**query, "cursor": page.json()["next_cursor"]}
    return found


class TestCursors:
    @pytest.fixture
    def cursor(self, client: httpx.Client, category: str) -> str:
        return read(client, category=category).json()["next_cursor"]

    def test_next_page_continues_where_the_page_ended(self, client: httpx.Client, category: str, cursor: str) -> None:
        assert ids_of(read(client, category=category, cursor=cursor))

    def test_altered_cursor_is_rejected(self, client: httpx.Client, category: str, cursor: str) -> None:
        place, signature = cursor.split(".")
        for altered in (f"X{place[1:]}.{signature}", f"{place}.{signature[::-1]}"):
            assert refused(read(client, category=category, cursor=altered))

    def test_cursor_of_another_filter_or_order_is_rejected(
        self, client: httpx.Client, category: str, cursor: str
    ) -> None:
        assert refused(read(client, cursor=cursor))
        assert refused(read(client, category=category, in_stock="true", cursor=cursor))
        assert refused(read(client, category=category, sort="name", cursor=cursor))

    def test_cursor_of_another_user_or_list_is_rejected(self, shop: Shop, client: httpx.Client, bob: Headers) -> None:
        [carol] = shop.sign_in("admin")
        cursor = client.get("/v1/users", params={"limit": 1}, headers=bob).json()["next_cursor"]
        for path, caller in (("/v1/users", carol), ("/v1/orders", bob)):
            assert refused(client.get(path, params={"cursor": cursor}, headers=caller))


def refused(response: httpx.Response) -> bool:
    places = [(error["name"], error["keyword"]) for error in response.json().get("errors", ())]
    return (response.status_code, places) == (400, [("cursor", "cursor")])
