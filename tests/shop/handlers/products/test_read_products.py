"""The catalogue: filters, orders and search."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from db.products import Product
from tests.asgi import Client
from tests.shop.api_helpers import walk
from tests.shop.handlers.products.conftest import names


class TestListProducts:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Kettle", "Fork", "cup", "Bowl"]),
            ("sort=created_at", ["Bowl", "cup", "Fork", "Kettle"]),
            ("sort=name", ["Bowl", "Fork", "Kettle", "cup"]),
            ("sort=-name", ["cup", "Kettle", "Fork", "Bowl"]),
            ("sort=price", ["Fork", "Bowl", "cup", "Kettle"]),
            ("sort=-price", ["Kettle", "cup", "Bowl", "Fork"]),
            ("category=Table", ["Fork", "Bowl"]),
            ("category=table", []),
            ("currency=USD", ["Kettle"]),
            ("min_price=700&max_price=900", ["cup", "Bowl"]),
            ("min_price=900&max_price=700", []),
            ("in_stock=true", ["Fork", "cup", "Bowl"]),
            ("in_stock=false", ["Kettle"]),
            ("q=OW&category=Table&in_stock=true&sort=name", ["Bowl"]),
        ],
    )
    def test_filters_and_orders(
        self, client: Client, create_product: Callable[..., Product], query: str, found: list[Any]
    ) -> None:
        create_product(name="Bowl", category="Table", price_amount=700)
        create_product(name="cup", price_amount=900)
        create_product(name="Fork", category="Table", price_amount=100)
        create_product(name="Kettle", price_amount=4000, currency="USD", stock=0)
        assert names(client.get(f"/v1/products?{query}")) == found

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("%", ["100% wool"]),
            ("_", ["under_score"]),
            ("\\", ["back\\slash"]),
            ("/", ["and/or"]),
            ("' OR 1=1--", []),
            ("STRASSE", ["Straße"]),
            ("0% W", ["100% wool"]),
            ("sku-7", ["by its sku"]),
            ("long words", ["by its description"]),
        ],
    )
    def test_a_search_has_no_special_characters(
        self, client: Client, create_product: Callable[..., Product], text: str, found: Any
    ) -> None:
        for name in ("100% wool", "under_score", "back\\slash", "and/or", "Straße"):
            create_product(name=name)
        create_product(name="by its sku", sku="SKU-7")
        create_product(name="by its description", description="Many long words")
        assert names(client.get(f"/v1/products?q={quote(text, safe='')}")) == found

    def test_names_are_sorted_by_code_point(self, client: Client, create_product: Callable[..., Product]) -> None:
        found = ["Öl", "a-b", "a b", "ab", "Zoo", "zoo", "A", "\U0001f600", "\uffee", "_"]
        for name in found:
            create_product(name=name)
        assert names(client.get("/v1/products?sort=name")) == sorted(found)

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name", "price", "-price"])
    def test_pages_of_equal_sort_keys_have_each_row_once(
        self, client: Client, create_product: Callable[..., Product], sort: str
    ) -> None:
        made = [create_product(name="Mug", price_amount=500).id for _ in range(7)]
        seen = [row["id"] for row in walk(client, f"/v1/products?sort={sort}&limit=2")]
        assert (sorted(seen), len(set(seen))) == (made, 7)

    def test_the_longest_name_fits_into_a_cursor(self, client: Client, create_product: Callable[..., Product]) -> None:
        for sku in "ab":
            create_product(sku=sku, name="".join(chr(0x1F300 + 7 * n) for n in range(200)))
        assert len(walk(client, "/v1/products?sort=name&limit=1")) == 2
