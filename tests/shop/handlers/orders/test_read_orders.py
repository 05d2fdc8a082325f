"""Lists of orders."""

from collections.abc import Callable

from tests.asgi import Client
from tests.shop.handlers.orders.conftest import ids, pay, place


class TestListOrders:
    def test_customers_see_their_own_and_staff_all(
        self, alice: Client, bob: Client, charlie: Client, create_product: Callable[..., str]
    ) -> None:
        mug = create_product()

        hers, his = place(alice, (mug, 1)).json["id"], place(charlie, (mug, 1)).json["id"]

        assert ids(alice.get("/v1/orders")) == [hers]
        assert ids(charlie.get("/v1/orders")) == [his]
        assert ids(bob.get("/v1/orders")) == [his, hers]

    def test_the_orders_of_another_user_are_for_staff(
        self, alice: Client, bob: Client, charlie: Client, order: str
    ) -> None:
        target = f"/v1/orders?user_id={alice.user.id}"

        assert [len(ids(caller.get(target))) for caller in (alice, bob, charlie)] == [1, 1, 0]

    def test_orders_can_be_filtered(self, alice: Client, bob: Client, create_product: Callable[..., str]) -> None:
        mug = create_product()
        first, second = place(alice, (mug, 1)), place(alice, (mug, 1))
        pay(bob, first.headers["location"])
        between = second.json["created_at"]

        found = {
            query: ids(alice.get(f"/v1/orders?{query}"))
            for query in ("status=paid", "status=pending", f"created_after={between}", f"created_before={between}")
        }

        assert list(found.values()) == [[each.json["id"]] for each in (first, second, second, first)]
