"""Creating products."""

from tests.asgi import Client
from tests.shop.handlers.products.conftest import MUG


class TestCreateProduct:
    def test_a_new_product_can_be_read_by_all(self, bob: Client, client: Client) -> None:
        made = bob.post("/v1/products", MUG)
        assert (made.status, made.headers["etag"]) == (201, '"1"')
        assert made.json | MUG == made.json
        assert made.json["description"] is made.json["category"] is None
        seen = client.get(made.headers["location"])
        assert (seen.status, seen.json, seen.headers["etag"]) == (200, made.json, '"1"')

    def test_initial_stock_is_the_first_adjustment(self, bob: Client) -> None:
        product = bob.post("/v1/products", MUG).json
        [entry] = bob.get(f"/v1/products/{product['id']}/stock-adjustments").json["data"]
        assert (entry["delta"], entry["reason"], entry["user_id"]) == (10, "initial stock", bob.user.id)

    def test_without_stock_there_is_no_adjustment(self, bob: Client) -> None:
        product = bob.post("/v1/products", {k: v for k, v in MUG.items() if k != "stock"}).json
        assert product["stock"] == 0
        assert bob.get(f"/v1/products/{product['id']}/stock-adjustments").json["data"] == []

    def test_a_sku_is_taken_until_its_product_is_archived(self, bob: Client) -> None:
        first = bob.post("/v1/products", MUG)
        assert bob.post("/v1/products", MUG).code == "sku_taken"
        assert bob.delete(first.headers["location"], {"If-Match": "*"}).status == 204
        assert bob.post("/v1/products", MUG).status == 201
