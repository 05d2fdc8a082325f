"""Creating orders: products, prices and stock."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.asgi import Client
from tests.shop.handlers.orders.conftest import ADDRESS, ANY, place, wanting


class TestCreateOrder:
    def test_an_order_takes_stock_and_can_be_read(
        self, alice: Client, create_product: Callable[..., str], stock_of: Callable[[str], Any]
    ) -> None:
        mug, pot = (
            create_product(sku="MUG", name="Mug", price_amount=1250),
            create_product(sku="POT", name="Pot", price_amount=3000),
        )
        made = place(alice, (pot, 1), (mug, 2), note="A gift", shipping_address=ADDRESS, metadata={"cart": "7"})
        assert made.json | {"status": "pending", "total": {"amount": 5500, "currency": "EUR"}} == made.json
        assert made.json | {"note": "A gift", "shipping_address": ADDRESS, "metadata": {"cart": "7"}} == made.json
        assert [(line["sku"], line["name"], line["quantity"], line["unit_price"]) for line in made.json["lines"]] == [
            ("POT", "Pot", 1, {"amount": 3000, "currency": "EUR"}),
            ("MUG", "Mug", 2, {"amount": 1250, "currency": "EUR"}),
        ]
        seen = alice.get(made.headers["location"])
        assert (seen.status, seen.json, seen.headers["etag"]) == (200, made.json, made.headers["etag"])
        assert (stock_of(mug), stock_of(pot)) == (8, 9)

    def test_omitted_members_are_null(self, alice: Client, create_product: Callable[..., str]) -> None:
        made = place(alice, (create_product(), 1)).json
        names = ("note", "shipping_address", "payment_reference", "tracking", "refunded", "paid_at", "cancelled_at")
        assert [made[name] for name in names] == [None] * len(names)
        assert made["metadata"] == {}

    def test_an_order_keeps_the_price_of_its_time(
        self, alice: Client, bob: Client, create_product: Callable[..., str]
    ) -> None:
        mug = create_product(price_amount=1250)
        before = place(alice, (mug, 2))
        price = {"price": {"amount": 2000, "currency": "EUR"}}
        assert bob.patch(f"/v1/products/{mug}", price, ANY).status == 200
        assert alice.get(before.headers["location"]).json == before.json
        assert place(alice, (mug, 2)).json["total"]["amount"] == 4000

    def test_one_order_has_one_currency(
        self, alice: Client, create_product: Callable[..., str], stock_of: Callable[[str], Any]
    ) -> None:
        euro, dollar = create_product(), create_product(currency="USD")
        assert alice.post("/v1/orders", wanting((euro, 1), (dollar, 1))).code == "currency_mismatch"
        assert (stock_of(euro), stock_of(dollar)) == (10, 10)

    @pytest.mark.parametrize("expected", [(2501, "EUR"), (2499, "EUR"), (2500, "USD")])
    def test_another_total_than_expected_is_a_conflict(
        self,
        alice: Client,
        create_product: Callable[..., str],
        stock_of: Callable[[str], Any],
        expected: tuple[int, str],
    ) -> None:
        mug = create_product(price_amount=1250)
        expected_total = {"amount": expected[0], "currency": expected[1]}
        assert alice.post("/v1/orders", wanting((mug, 2), expected_total=expected_total)).code == "price_changed"
        assert stock_of(mug) == 10

    def test_an_archived_or_unknown_product_is_a_conflict(
        self, alice: Client, bob: Client, create_product: Callable[..., str]
    ) -> None:
        mug = create_product()
        assert bob.delete(f"/v1/products/{mug}", ANY).status == 204
        for product_id in (mug, "prd_01kg9ys7g0e4ma4jz41b93y214"):
            assert alice.post("/v1/orders", wanting((product_id, 1))).code == "product_unavailable"

    def test_the_largest_order_is_counted_exactly(self, alice: Client, create_product: Callable[..., str]) -> None:
        gold = create_product(price_amount=10**9, stock=10**9)
        made = place(alice, *[(gold, 10_000)] * 100)
        assert made.json["total"]["amount"] == 10**15 < 2**53
