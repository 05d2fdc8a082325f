"""Orders are read by whom they are of, and by the staff."""

from sqlalchemy import Engine

from tests.shop.api_helpers import walk
from tests.shop.handlers.orders.conftest import ABSENT, ids, pay, place
from tests.statements import listen


class TestListOrders:
    def test_alice_sees_hers_bob_sees_all(self, alice, bob, charlie, create_product):
        mug = create_product()
        hers, his = place(alice, (mug, 1)).json["id"], place(charlie, (mug, 1)).json["id"]
        assert ids(alice.get("/v1/orders")) == [hers]
        assert ids(charlie.get("/v1/orders")) == [his]
        assert ids(bob.get("/v1/orders")) == [his, hers]

    def test_a_stranger_who_asks_for_alices_gets_none(self, alice, bob, charlie, order):
        target = f"/v1/orders?user_id={alice.user.id}"
        assert (ids(charlie.get(target)), len(ids(bob.get(target))), len(ids(alice.get(target)))) == ([], 1, 1)

    def test_filters(self, alice, bob, create_product):
        mug = create_product()
        first, second = place(alice, (mug, 1)), place(alice, (mug, 1))
        pay(bob, first.headers["location"])
        between = second.json["created_at"]
        assert ids(alice.get("/v1/orders?status=paid")) == [first.json["id"]]
        assert ids(alice.get("/v1/orders?status=pending")) == [second.json["id"]]
        assert ids(alice.get(f"/v1/orders?created_after={between}")) == [second.json["id"]]
        assert ids(alice.get(f"/v1/orders?created_before={between}")) == [first.json["id"]]
        assert alice.get("/v1/orders?status=lost").code == "validation_error"

    def test_pages_follow_each_other(self, alice, create_product):
        mug = create_product(stock=10)
        made = [place(alice, (mug, 1)).json["id"] for _ in range(5)]
        assert [found["id"] for found in walk(alice, "/v1/orders?limit=2")] == made[::-1]

    def test_a_cursor_is_of_one_caller_and_one_filter(self, alice, bob, create_product):
        mug = create_product()
        for _ in range(2):
            place(alice, (mug, 1))
        cursor = alice.get("/v1/orders?limit=1").json["next_cursor"]
        assert alice.get(f"/v1/orders?limit=1&cursor={cursor}").status == 200
        for target in (f"/v1/orders?cursor={cursor}&status=pending", f"/v1/orders?cursor={cursor}x"):
            assert alice.get(target).code == "validation_error"
        assert bob.get(f"/v1/orders?cursor={cursor}").code == "validation_error"

    def test_the_number_of_statements_does_not_grow_with_the_rows(self, alice, create_product):
        mug, pot = create_product(), create_product()
        counts = []
        for orders in (1, 4):
            for _ in range(orders):
                place(alice, (mug, 1), (pot, 1))
            with listen(Engine) as heard:
                alice.get("/v1/orders")
            counts.append(len(heard))
        assert counts[0] == counts[1]


class TestGetOrder:
    def test_alice_and_the_staff_see_it_and_a_stranger_does_not(self, alice, bob, carol, charlie, client, order):
        assert [each.get(order).status for each in (alice, bob, carol, charlie, client)] == [200, 200, 200, 404, 401]
        assert charlie.get(order).code == alice.get(f"/v1/orders/{ABSENT}").code == "not_found"
        assert alice.get("/v1/orders/1").code == "validation_error"

    def test_what_has_not_changed_is_not_sent_again(self, alice, bob, order):
        tag = alice.get(order).headers["etag"]
        assert alice.get(order, {"If-None-Match": tag}).status == 304
        pay(bob, order)
        changed = alice.get(order, {"If-None-Match": tag})
        assert (changed.status, changed.headers["etag"] != tag) == (200, True)
