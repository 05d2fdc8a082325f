"""Changing and archiving products."""

from collections.abc import Callable

from db.products import Product
from tests.asgi import Client
from tests.shop.handlers.products.conftest import names


class TestUpdateProduct:
    def test_a_merge_patch_changes_and_removes_members(
        self, bob: Client, client: Client, create_product: Callable[..., Product]
    ) -> None:
        target = f"/v1/products/{create_product(description='Blue', category='Kitchen').id}"
        before = client.get(target).json
        change = {"name": "Red mug", "price": {"amount": 990, "currency": "USD"}, "description": None}
        after = bob.patch(target, change, {"If-Match": '"1"'})
        assert (after.status, after.headers["etag"]) == (200, '"2"')
        assert after.json == before | change | {"version": 2, "updated_at": after.json["updated_at"]}
        assert after.json["updated_at"] > before["updated_at"]
        assert client.get(target).json == after.json

    def test_a_search_finds_the_new_words_only(
        self, bob: Client, client: Client, create_product: Callable[..., Product]
    ) -> None:
        target = f"/v1/products/{create_product(name='Mug', description='Of tin').id}"
        bob.patch(target, {"name": "Cup", "description": None}, {"If-Match": "*"})
        assert [names(client.get(f"/v1/products?q={q}")) for q in ("CUP", "tin")] == [["Cup"], []]

    def test_the_sku_of_another_product_is_a_conflict(
        self, bob: Client, create_product: Callable[..., Product]
    ) -> None:
        create_product(sku="MUG-1")
        target = f"/v1/products/{create_product(sku='MUG-2').id}"
        assert bob.patch(target, {"sku": "MUG-1"}, {"If-Match": "*"}).code == "sku_taken"
        assert bob.patch(target, {"sku": "MUG-2"}, {"If-Match": "*"}).status == 200


class TestArchiveProduct:
    def test_an_archived_product_is_not_found(
        self, bob: Client, client: Client, create_product: Callable[..., Product]
    ) -> None:
        target = f"/v1/products/{create_product().id}"
        assert bob.delete(target, {"If-Match": '"1"'}).status == 204
        assert client.get(target).code == bob.get(f"{target}/stock-adjustments").code == "not_found"
        assert bob.patch(target, {"name": "Cup"}, {"If-Match": "*"}).code == "not_found"
        assert bob.post(f"{target}/stock-adjustments", {"delta": 1, "reason": "found"}).code == "not_found"
        assert bob.delete(target, {"If-Match": "*"}).code == "not_found"
        assert names(client.get("/v1/products")) == []
