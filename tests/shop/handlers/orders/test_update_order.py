"""What surrounds an order may change while it is pending."""

import pytest

from db.events import Event
from tests.shop.handlers.orders.conftest import ANY, pay

CHANGES = {"note": "Ring twice"}


class TestUpdateOrder:
    def test_alice_changes_what_surrounds_her_order(self, alice, order):
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

    def test_metadata_does_not_grow_over_its_limit(self, alice, order):
        full = {"metadata": {f"m{n}": "x" for n in range(20)}}
        assert alice.patch(order, full, ANY).status == 200
        assert alice.patch(order, {"metadata": {"one-more": "x"}}, ANY).errors == {"/metadata": "maxProperties"}

    def test_the_same_again_is_no_change(self, alice, order, count_rows):
        first, second = (alice.patch(order, CHANGES, ANY) for _ in range(2))
        assert (second.json, second.headers["etag"]) == (first.json, first.headers["etag"])
        assert count_rows(Event.id, Event.type == "order.updated") == 1

    def test_only_who_has_seen_the_order_may_change_it(self, alice, order):
        tag = alice.get(order).headers["etag"]
        assert alice.patch(order, CHANGES).status == 428
        assert alice.patch(order, CHANGES, {"If-Match": '"99"'}).status == 412
        assert alice.patch(order, CHANGES, {"If-Match": f"W/{tag}"}).status == 412
        assert alice.patch(order, CHANGES, {"If-Match": "garbage"}).status in (400, 412)
        assert alice.get(order).headers["etag"] == tag
        assert alice.patch(order, CHANGES, ANY).status == 200

    def test_bob_may_too_and_a_stranger_may_not(self, bob, charlie, order):
        assert charlie.patch(order, CHANGES, ANY).code == "not_found"
        assert bob.patch(order, CHANGES, ANY).status == 200

    def test_only_while_it_is_pending(self, alice, bob, order):
        pay(bob, order)
        assert alice.patch(order, CHANGES, ANY).code == "invalid_transition"

    @pytest.mark.parametrize("body", [{}, {"status": "paid"}, {"lines": []}, {"note": ""}, {"shipping_address": {}}])
    def test_what_cannot_be_changed_is_refused(self, alice, order, body):
        assert alice.patch(order, body, ANY).code == "validation_error"
