"""Nothing is put on sale twice, and no stock moved twice."""

import pytest

from db.products import Product
from tests.shop.api_helpers import key_of
from tests.shop.handlers.products.conftest import MUG, count_rows


class TestIdempotencyKeys:
    def test_the_same_request_makes_one_product(self, bob, database):
        first, second = (bob.post("/v1/products", MUG, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status, second.status, second.json) == (201, 201, first.json)
        assert second.headers["location"] == first.headers["location"]
        assert second.headers["etag"] == first.headers["etag"]
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert count_rows(database, Product.id) == 1

    def test_the_same_adjustment_moves_the_stock_once(self, bob, client, create_product):
        target = f"/v1/products/{create_product().id}"
        body = {"delta": -3, "reason": "broken"}
        first, second = (bob.post(f"{target}/stock-adjustments", body, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status, second.json) == (201, first.json)
        assert client.get(target).json["stock"] == 7

    def test_a_key_is_for_one_request(self, bob, client, create_product):
        one, other = create_product(), create_product()
        target = f"/v1/products/{one.id}/stock-adjustments"
        body, key = {"delta": 5, "reason": "delivery"}, {"Idempotency-Key": "k"}
        assert bob.post(target, body, key).status == 201
        assert bob.post(target, {**body, "delta": 6}, key).code == "idempotency_key_reused"
        assert bob.post(f"/v1/products/{other.id}/stock-adjustments", body, key).code == "idempotency_key_reused"
        assert bob.post("/v1/products", MUG, key).code == "idempotency_key_reused"
        assert [client.get(f"/v1/products/{p.id}").json["stock"] for p in (one, other)] == [15, 10]

    def test_a_key_belongs_to_one_person(self, bob, sign_in, database):
        key = {"Idempotency-Key": "k"}
        assert bob.post("/v1/products", MUG, key).status == 201
        assert sign_in("carol").post("/v1/products", {**MUG, "sku": "MUG-2"}, key).status == 201
        assert count_rows(database, Product.id) == 2

    def test_a_refused_request_may_come_again(self, bob, create_product):
        target, key = f"/v1/products/{create_product().id}/stock-adjustments", {"Idempotency-Key": "k"}
        body = {"delta": -12, "reason": "sold at the fair"}
        assert bob.post(target, body, key).code == "insufficient_stock"
        assert bob.post(target, {"delta": 5, "reason": "delivery"}).status == 201
        assert bob.post(target, body, key).status == 201

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "schl\xfcssel"])
    def test_a_key_must_be_visible_and_not_too_long(self, bob, key):
        assert bob.post("/v1/products", MUG, {"Idempotency-Key": key}).code == "validation_error"

    def test_there_is_one_key_at_the_most(self, bob):
        twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        assert bob.post("/v1/products", MUG, twice).status == 400

    def test_a_key_may_be_quoted(self, bob):
        assert bob.post("/v1/products", MUG, {"Idempotency-Key": '"k"'}).status == 201
        assert bob.post("/v1/products", MUG, {"Idempotency-Key": "k"}).headers["idempotency-replayed"] == "true"

    def test_a_key_is_free_again_after_a_day(self, bob, client, create_product, time_passes):
        product = create_product()
        till = key_of(bob, "stock:write")  # outlives a bearer token
        target, key = f"/v1/products/{product.id}/stock-adjustments", {"Idempotency-Key": "k"}
        for minutes, stock in ((24 * 60 - 1, 15), (24 * 60 + 1, 20)):
            assert till.post(target, {"delta": 5, "reason": "delivery"}, key).status == 201
            with time_passes(minutes=minutes):
                assert till.post(target, {"delta": 5, "reason": "delivery"}, key).status == 201
            assert client.get(f"/v1/products/{product.id}").json["stock"] == stock
