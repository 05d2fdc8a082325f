"""The ledger of the stock."""

from db.products import MAX_STOCK
from db.stock_ledger import StockAdjustment
from tests.shop.api_helpers import walk
from tests.shop.handlers.products.conftest import ABSENT, count_rows


class TestStockAdjustments:
    def test_they_add_up_to_the_stock_and_the_newest_comes_first(self, bob, client, create_product):
        product = create_product()
        target = f"/v1/products/{product.id}/stock-adjustments"
        for delta, reason in ((5, "delivery"), (-3, "broken")):
            made = bob.post(target, {"delta": delta, "reason": reason})
            assert (made.status, made.json["user_id"], made.json["delta"]) == (201, bob.user.id, delta)
        listed = bob.get(target).json["data"]
        assert [(e["delta"], e["reason"]) for e in listed] == [(-3, "broken"), (5, "delivery"), (10, "initial stock")]
        assert client.get(f"/v1/products/{product.id}").json["stock"] == 12

    def test_the_stock_has_two_ends(self, bob, client, create_product, database):
        product = create_product(stock=MAX_STOCK - 1)
        target = f"/v1/products/{product.id}/stock-adjustments"
        assert bob.post(target, {"delta": -MAX_STOCK, "reason": "fire"}).code == "insufficient_stock"
        assert bob.post(target, {"delta": 2, "reason": "delivery"}).code == "stock_limit"
        assert bob.post(target, {"delta": 1 - MAX_STOCK, "reason": "fire"}).status == 201
        assert bob.post(target, {"delta": MAX_STOCK, "reason": "delivery"}).status == 201
        assert (client.get(f"/v1/products/{product.id}").json["stock"], count_rows(database, StockAdjustment.id)) == (
            MAX_STOCK,
            3,
        )

    def test_nothing_is_no_adjustment(self, bob, create_product):
        target = f"/v1/products/{create_product().id}/stock-adjustments"
        assert bob.post(target, {"delta": 0, "reason": "nothing"}).code == "validation_error"

    def test_they_are_for_staff(self, sign_in, client, create_product):
        target = f"/v1/products/{create_product().id}/stock-adjustments"
        alice = sign_in("alice")
        assert alice.get(target).code == alice.post(target, {"delta": 1, "reason": "gift"}).code == "forbidden"
        assert client.get(target).status == 401

    def test_there_are_none_of_an_unknown_product(self, bob):
        target = f"/v1/products/{ABSENT}/stock-adjustments"
        assert bob.get(target).code == bob.post(target, {"delta": 1, "reason": "found"}).code == "not_found"

    def test_pages_of_one_product_do_not_lead_into_another(self, bob, create_product):
        one, other = create_product(), create_product()
        target = f"/v1/products/{one.id}/stock-adjustments"
        for n in range(1, 5):
            bob.post(target, {"delta": n, "reason": f"delivery {n}"})
        assert [entry["delta"] for entry in walk(bob, f"{target}?limit=2")] == [4, 3, 2, 1, 10]
        cursor = bob.get(f"{target}?limit=2").json["next_cursor"]
        assert bob.get(f"/v1/products/{other.id}/stock-adjustments?cursor={cursor}").errors == {"cursor": "cursor"}
