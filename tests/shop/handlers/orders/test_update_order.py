"""Changing the note, address and metadata of a pending order."""

from tests.asgi import Client
from tests.shop.handlers.orders.conftest import ANY, pay

CHANGES = {"note": "Ring twice"}


class TestUpdateOrder:
    def test_a_merge_patch_changes_and_removes_members(self, alice: Client, order: str) -> None:
        tag = alice.get(order).headers["etag"]
        changed = alice.patch(order, {"note": "Ring twice", "metadata": {"a": "1", "b": "2"}}, {"If-Match": tag})
        assert (changed.status, changed.json["note"], changed.json["metadata"]) == (
            200,
            "Ring twice",
            {"a": "1", "b": "2"},
        )
        again = alice.patch(order, {"note": None, "metadata": {"a": None}}, {"If-Match": changed.headers["etag"]})
        assert (again.json["note"], again.json["metadata"], again.json["version"]) == (None, {"b": "2"}, 3)
        assert alice.get(order).json == again.json

    def test_a_paid_order_cannot_be_changed(self, alice: Client, bob: Client, order: str) -> None:
        pay(bob, order)
        assert alice.patch(order, CHANGES, ANY).code == "invalid_transition"
