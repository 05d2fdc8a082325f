"""Nothing is bought twice."""

import pytest

from db.events import Event
from db.orders import Order
from tests.shop.api_helpers import key_of
from tests.shop.handlers.orders.conftest import KEY, wanting


class TestIdempotencyKeys:
    def test_the_same_request_buys_once(self, alice, create_product, stock_of, count_rows):
        mug = create_product()
        first, second = (alice.post("/v1/orders", wanting((mug, 2)), KEY) for _ in range(2))
        assert (first.status, second.status, second.json) == (201, 201, first.json)
        assert [second.headers[name] for name in ("location", "etag")] == [
            first.headers[name] for name in ("location", "etag")
        ]
        assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
        assert (stock_of(mug), count_rows(Order.id), count_rows(Event.id, Event.type == "order.created")) == (8, 1, 1)

    def test_the_order_of_members_does_not_matter(self, alice, create_product):
        body = wanting((create_product(), 2), note="A gift")
        first, second = (alice.post("/v1/orders", dict(items), KEY) for items in (body.items(), [*body.items()][::-1]))
        assert second.json == first.json

    def test_a_key_is_for_one_request(self, alice, bob, create_product, stock_of):
        mug = create_product()
        made = alice.post("/v1/orders", wanting((mug, 2)), KEY)
        assert alice.post("/v1/orders", wanting((mug, 3)), KEY).code == "idempotency_key_reused"
        assert stock_of(mug) == 8
        order = made.headers["location"]
        assert bob.post(f"{order}/pay", {"reference": "bank-1"}, KEY).status == 200
        assert bob.post(f"{order}/fulfil", {}, KEY).code == "idempotency_key_reused"
        assert alice.get(order).json["status"] == "paid"

    def test_a_refused_request_may_come_again(self, alice, bob, create_product):
        mug = create_product(stock=0)
        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).code == "insufficient_stock"
        delivery = {"delta": 5, "reason": "delivery"}
        assert bob.post(f"/v1/products/{mug}/stock-adjustments", delivery).status == 201
        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).status == 201

    @pytest.mark.parametrize("key", ["", "k" * 256, "k\x01", "k\xe9", '""'])
    def test_a_key_must_be_visible_and_not_too_long(self, alice, create_product, count_rows, key):
        assert alice.post("/v1/orders", wanting((create_product(), 1)), {"Idempotency-Key": key}).status == 400
        assert count_rows(Order.id) == 0

    def test_there_is_one_key_at_the_most(self, alice, create_product):
        twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        assert alice.post("/v1/orders", wanting((create_product(), 1)), twice).status == 400

    def test_a_key_may_be_quoted(self, alice, create_product):
        body = wanting((create_product(), 1))
        raw, quoted = (alice.post("/v1/orders", body, {"Idempotency-Key": key}) for key in ("k", '"k"'))
        assert quoted.json == raw.json

    @pytest.mark.parametrize(("hours", "orders"), [(23, 1), (25, 2)])
    def test_a_key_is_free_again_after_a_day(self, alice, create_product, count_rows, time_passes, hours, orders):
        till = key_of(alice, "orders:write")
        body = wanting((create_product(), 1))
        assert till.post("/v1/orders", body, KEY).status == 201
        with time_passes(hours=hours):  # a bearer token does not live that long
            assert till.post("/v1/orders", body, KEY).status == 201
        assert count_rows(Order.id) == orders

    def test_another_person_has_keys_of_his_own(self, alice, charlie, create_product, count_rows):
        body = wanting((create_product(), 1))
        assert alice.post("/v1/orders", body, KEY).json["id"] != charlie.post("/v1/orders", body, KEY).json["id"]
        assert count_rows(Order.id) == 2

    def test_a_payment_is_noted_once(self, bob, order, count_rows):
        first, second = (bob.post(f"{order}/pay", {"reference": "bank-1"}, KEY) for _ in range(2))
        assert (first.status, second.status, second.json) == (200, 200, first.json)
        assert count_rows(Event.id, Event.type == "order.paid") == 1
