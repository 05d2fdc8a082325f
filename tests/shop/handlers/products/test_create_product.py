"""Staff puts something on sale."""

import pytest

from db.products import MAX_STOCK, Product
from tests.shop.factories import make_key
from tests.shop.handlers.products.conftest import MUG, count_rows


class TestCreateProduct:
    def test_staff_adds_a_product_and_everybody_sees_it(self, bob, client):
        made = bob.post("/v1/products", MUG)
        assert (made.status, made.headers["etag"]) == (201, '"1"')
        assert made.json | MUG == made.json
        assert made.json["description"] is made.json["category"] is None
        seen = client.get(made.headers["location"])
        assert (seen.status, seen.json, seen.headers["etag"]) == (200, made.json, '"1"')

    def test_its_stock_is_the_first_entry_of_the_ledger(self, bob):
        product = bob.post("/v1/products", MUG).json
        [entry] = bob.get(f"/v1/products/{product['id']}/stock-adjustments").json["data"]
        assert (entry["delta"], entry["reason"], entry["user_id"]) == (10, "initial stock", bob.user.id)

    def test_without_stock_there_is_no_entry(self, bob):
        product = bob.post("/v1/products", {k: v for k, v in MUG.items() if k != "stock"}).json
        assert product["stock"] == 0
        assert bob.get(f"/v1/products/{product['id']}/stock-adjustments").json["data"] == []

    def test_a_sku_is_taken_until_its_product_is_archived(self, bob):
        first = bob.post("/v1/products", MUG)
        assert bob.post("/v1/products", MUG).code == "sku_taken"
        assert bob.delete(first.headers["location"], {"If-Match": "*"}).status == 204
        assert bob.post("/v1/products", MUG).status == 201

    def test_a_customer_may_not(self, sign_in, client, database):
        assert sign_in("alice").post("/v1/products", MUG).code == "forbidden"
        assert client.post("/v1/products", MUG).status == 401
        assert count_rows(database, Product.id) == 0

    def test_a_key_needs_the_scope(self, client, bob, database):
        with database.writing() as session:
            reading = make_key(session, bob.user)
            session.commit()
        assert client.with_key(reading.secret).post("/v1/products", MUG).code == "forbidden"

    def test_whole_numbers_may_have_a_point(self, bob):
        made = bob.post("/v1/products", {**MUG, "price": {"amount": 1250.0, "currency": "EUR"}, "stock": 10.0})
        assert (made.status, made.json["price"]["amount"], made.json["stock"]) == (201, 1250, 10)

    @pytest.mark.parametrize(
        "wrong", [{"stock": -1}, {"stock": MAX_STOCK + 1}, {"price": {"amount": -1, "currency": "EUR"}}]
    )
    def test_what_cannot_be_is_refused(self, bob, wrong):
        assert bob.post("/v1/products", {**MUG, **wrong}).code == "validation_error"
