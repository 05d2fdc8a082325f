"""What can be ordered, at which price, and by whom."""

import pytest

from db.events import Event
from db.orders import Order
from tests.shop.factories import make_key
from tests.shop.handlers.orders.conftest import ADDRESS, ANY, place, wanting


class TestCreateOrder:
    def test_alice_orders_and_finds_her_order(self, alice, create_product, stock_of):
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

    def test_what_is_left_out_is_null(self, alice, create_product):
        made = place(alice, (create_product(), 1)).json
        names = ("note", "shipping_address", "payment_reference", "tracking", "refunded", "paid_at", "cancelled_at")
        assert [made[name] for name in names] == [None] * len(names)
        assert made["metadata"] == {}

    def test_lines_of_one_product_become_one(self, alice, create_product, stock_of):
        mug = create_product()
        assert [line["quantity"] for line in place(alice, (mug, 2), (mug, 3)).json["lines"]] == [5]
        assert stock_of(mug) == 5

    def test_the_last_line_short_means_that_no_line_is_applied(self, alice, create_product, stock_of, count_rows):
        mug, pot = create_product(), create_product(stock=1)
        answer = alice.post("/v1/orders", wanting((mug, 2), (pot, 2)))
        assert (answer.status, answer.code) == (409, "insufficient_stock")
        assert (
            stock_of(mug),
            stock_of(pot),
            count_rows(Order.id),
            count_rows(Event.id, Event.type == "order.created"),
        ) == (
            10,
            1,
            0,
            0,
        )

    def test_the_price_is_that_of_the_moment(self, alice, bob, create_product):
        mug = create_product(price_amount=1250)
        before = place(alice, (mug, 2))
        price = {"price": {"amount": 2000, "currency": "EUR"}}
        assert bob.patch(f"/v1/products/{mug}", price, ANY).status == 200
        assert alice.get(before.headers["location"]).json == before.json
        assert place(alice, (mug, 2)).json["total"]["amount"] == 4000

    @pytest.mark.parametrize("expected", [(2501, "EUR"), (2500, "USD")])
    def test_another_total_than_the_expected_one_is_refused(self, alice, create_product, stock_of, expected):
        mug = create_product(price_amount=1250)
        expected_total = {"amount": expected[0], "currency": expected[1]}
        assert alice.post("/v1/orders", wanting((mug, 2), expected_total=expected_total)).code == "price_changed"
        assert stock_of(mug) == 10

    def test_the_expected_total_is_fine(self, alice, create_product):
        place(alice, (create_product(price_amount=1250), 2), expected_total={"amount": 2500, "currency": "EUR"})

    def test_one_order_has_one_currency(self, alice, create_product, stock_of):
        euro, dollar = create_product(), create_product(currency="USD")
        assert alice.post("/v1/orders", wanting((euro, 1), (dollar, 1))).code == "currency_mismatch"
        assert (stock_of(euro), stock_of(dollar)) == (10, 10)

    def test_what_is_not_for_sale_cannot_be_ordered(self, alice, bob, create_product):
        mug = create_product()
        assert bob.delete(f"/v1/products/{mug}", ANY).status == 204
        for product_id in (mug, "prd_01kg9ys7g0e4ma4jz41b93y214"):
            assert alice.post("/v1/orders", wanting((product_id, 1))).code == "product_unavailable"

    def test_the_largest_order_is_counted_exactly(self, alice, create_product):
        gold = create_product(price_amount=10**9, stock=10**9)
        made = place(alice, *[(gold, 10_000)] * 100)
        assert made.json["total"]["amount"] == 10**15 < 2**53

    @pytest.mark.parametrize("quantity", [0, -1, 10_001, 10**9, 1.5, "1", True, None])
    def test_a_quantity_is_a_number_of_pieces(self, alice, create_product, quantity):
        assert alice.post("/v1/orders", wanting((create_product(), quantity))).errors.keys() == {"/lines/0/quantity"}

    @pytest.mark.parametrize("lines", [0, 101, 1001])
    def test_an_order_has_one_to_a_hundred_lines(self, alice, create_product, lines):
        assert alice.post("/v1/orders", wanting(*[(create_product(), 1)] * lines)).errors.keys() == {"/lines"}

    @pytest.mark.parametrize("name", ["status", "user_id", "total", "id", "__proto__"])
    def test_what_the_shop_decides_cannot_be_sent(self, alice, create_product, count_rows, name):
        assert alice.post("/v1/orders", wanting((create_product(), 1), **{name: "paid"})).code == "validation_error"
        assert count_rows(Order.id) == 0

    def test_nobody_orders_without_signing_in(self, client, create_product):
        assert client.post("/v1/orders", wanting((create_product(), 1))).status == 401

    def test_a_key_that_only_reads_orders_nothing(self, alice, client, database, create_product):
        with database.writing() as session:
            key = make_key(session, alice.user)
            session.commit()
        assert client.with_key(key.secret).post("/v1/orders", wanting((create_product(), 1))).code == "forbidden"
        assert client.with_key(key.secret).get("/v1/orders").status == 200
