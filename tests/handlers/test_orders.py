"""Orders over HTTP: who may do what, what is answered, and that nothing is bought twice."""

import pytest
from sqlalchemy import Engine, event, func, select

from db.base import now, parse_time
from db.events import Event
from db.orders import Order
from db.products import MOST, Product
from tests.factories import make_key, make_product

ABSENT = "ord_01kg9ys7g0e4ma4jz41b93y214"
ADDRESS = {
    "name": "Alice Archer",
    "street": "1 Mill Lane",
    "city": "Galway",
    "postal_code": "H91 E6K7",
    "country": "IE",
}
CHANGES = {"note": "Ring twice"}
ANY = {"If-Match": "*"}
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def alice(sign_in):
    return sign_in("alice")


@pytest.fixture
def bob(sign_in):
    return sign_in("bob")


@pytest.fixture
def carol(sign_in):
    return sign_in("carol")


@pytest.fixture
def charlie(sign_in):
    return sign_in("charlie")


@pytest.fixture
def sell(database):
    """Puts ten of something on sale, past HTTP; gives its id."""

    def sell(**given):
        with database.writing() as session:
            product_id = make_product(session, **given).id
            session.commit()
        return product_id

    return sell


@pytest.fixture
def stock(database):
    """How many there are of a product, archived or not."""

    def stock(product_id):
        with database.reading() as session:
            return session.scalar(select(Product.stock).where(Product.id == product_id))

    return stock


@pytest.fixture
def count(database):
    """How many rows there are."""

    def count(column, *conditions):
        with database.reading() as session:
            return session.scalar(select(func.count(column)).where(*conditions))

    return count


@pytest.fixture
def order(alice, sell):
    """The address of an order of alice: two mugs."""
    return place(alice, (sell(), 2)).headers["location"]


def wanting(*lines, **given):
    return {"lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines], **given}


def place(client, *lines, **given):
    made = client.post("/v1/orders", wanting(*lines, **given))
    assert made.status == 201, made
    return made


def pay(bob, order, reference="bank-1"):
    return bob.post(f"{order}/pay", {"reference": reference})


def ids(answer):
    assert answer.status == 200, answer
    return [found["id"] for found in answer.json["data"]]


class TestCreateOrder:
    def test_alice_orders_and_finds_her_order(self, alice, sell, stock):
        mug, pot = sell(sku="MUG", name="Mug", price_amount=1250), sell(sku="POT", name="Pot", price_amount=3000)
        made = place(alice, (pot, 1), (mug, 2), note="A gift", shipping_address=ADDRESS, metadata={"cart": "7"})
        assert made.json | {"status": "pending", "total": {"amount": 5500, "currency": "EUR"}} == made.json
        assert made.json | {"note": "A gift", "shipping_address": ADDRESS, "metadata": {"cart": "7"}} == made.json
        assert [(line["sku"], line["name"], line["quantity"], line["unit_price"]) for line in made.json["lines"]] == [
            ("POT", "Pot", 1, {"amount": 3000, "currency": "EUR"}),
            ("MUG", "Mug", 2, {"amount": 1250, "currency": "EUR"}),
        ]
        seen = alice.get(made.headers["location"])
        assert (seen.status, seen.json, seen.headers["etag"]) == (200, made.json, made.headers["etag"])
        assert (stock(mug), stock(pot)) == (8, 9)

    def test_what_is_left_out_is_null(self, alice, sell):
        made = place(alice, (sell(), 1)).json
        names = ("note", "shipping_address", "payment_reference", "tracking", "refunded", "paid_at", "cancelled_at")
        assert [made[name] for name in names] == [None] * len(names)
        assert made["metadata"] == {}

    def test_lines_of_one_product_become_one(self, alice, sell, stock):
        mug = sell()
        assert [line["quantity"] for line in place(alice, (mug, 2), (mug, 3)).json["lines"]] == [5]
        assert stock(mug) == 5

    def test_the_last_line_short_means_that_no_line_is_applied(self, alice, sell, stock, count):
        mug, pot = sell(), sell(stock=1)
        answer = alice.post("/v1/orders", wanting((mug, 2), (pot, 2)))
        assert (answer.status, answer.code) == (409, "insufficient_stock")
        assert (stock(mug), stock(pot), count(Order.id), count(Event.id, Event.type == "order.created")) == (
            10,
            1,
            0,
            0,
        )

    def test_the_price_is_that_of_the_moment(self, alice, bob, sell):
        mug = sell(price_amount=1250)
        before = place(alice, (mug, 2))
        price = {"price": {"amount": 2000, "currency": "EUR"}}
        assert bob.patch(f"/v1/products/{mug}", price, ANY).status == 200
        assert alice.get(before.headers["location"]).json == before.json
        assert place(alice, (mug, 2)).json["total"]["amount"] == 4000

    @pytest.mark.parametrize("expected", [(2501, "EUR"), (2500, "USD")])
    def test_another_total_than_the_expected_one_is_refused(self, alice, sell, stock, expected):
        mug = sell(price_amount=1250)
        expected_total = {"amount": expected[0], "currency": expected[1]}
        assert alice.post("/v1/orders", wanting((mug, 2), expected_total=expected_total)).code == "price_changed"
        assert stock(mug) == 10

    def test_the_expected_total_is_fine(self, alice, sell):
        place(alice, (sell(price_amount=1250), 2), expected_total={"amount": 2500, "currency": "EUR"})

    def test_one_order_has_one_currency(self, alice, sell, stock):
        euro, dollar = sell(), sell(currency="USD")
        assert alice.post("/v1/orders", wanting((euro, 1), (dollar, 1))).code == "currency_mismatch"
        assert (stock(euro), stock(dollar)) == (10, 10)

    def test_what_is_not_for_sale_cannot_be_ordered(self, alice, bob, sell):
        mug = sell()
        assert bob.delete(f"/v1/products/{mug}", ANY).status == 204
        for product_id in (mug, "prd_01kg9ys7g0e4ma4jz41b93y214"):
            assert alice.post("/v1/orders", wanting((product_id, 1))).code == "product_unavailable"

    def test_the_largest_order_is_counted_exactly(self, alice, sell):
        gold = sell(price_amount=10**9, stock=10**9)
        made = place(alice, *[(gold, 10_000)] * 100)
        assert made.json["total"]["amount"] == 10**15 < 2**53

    @pytest.mark.parametrize("quantity", [0, -1, 10_001, 10**9, 1.5, "1", True, None])
    def test_a_quantity_is_a_number_of_pieces(self, alice, sell, quantity):
        assert alice.post("/v1/orders", wanting((sell(), quantity))).errors.keys() == {"/lines/0/quantity"}

    @pytest.mark.parametrize("lines", [0, 101, 1001])
    def test_an_order_has_one_to_a_hundred_lines(self, alice, sell, lines):
        assert alice.post("/v1/orders", wanting(*[(sell(), 1)] * lines)).errors.keys() == {"/lines"}

    @pytest.mark.parametrize("name", ["status", "user_id", "total", "id", "__proto__"])
    def test_what_the_shop_decides_cannot_be_sent(self, alice, sell, count, name):
        assert alice.post("/v1/orders", wanting((sell(), 1), **{name: "paid"})).code == "validation_error"
        assert count(Order.id) == 0

    def test_nobody_orders_without_signing_in(self, client, sell):
        assert client.post("/v1/orders", wanting((sell(), 1))).status == 401

    def test_a_key_that_only_reads_orders_nothing(self, alice, client, database, sell):
        with database.writing() as session:
            key = make_key(session, alice.user)
            session.commit()
        assert client.with_key(key.secret).post("/v1/orders", wanting((sell(), 1))).code == "forbidden"
        assert client.with_key(key.secret).get("/v1/orders").status == 200


class TestIdempotencyKeys:
    def test_the_same_request_buys_once(self, alice, sell, stock, count):
        mug = sell()
        first, second = (alice.post("/v1/orders", wanting((mug, 2)), KEY) for _ in range(2))
        assert (first.status, second.status, second.json) == (201, 201, first.json)
        assert [second.headers[name] for name in ("location", "etag")] == [
            first.headers[name] for name in ("location", "etag")
        ]
        assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
        assert (stock(mug), count(Order.id), count(Event.id, Event.type == "order.created")) == (8, 1, 1)

    def test_the_order_of_members_does_not_matter(self, alice, sell):
        body = wanting((sell(), 2), note="A gift")
        first, second = (alice.post("/v1/orders", dict(items), KEY) for items in (body.items(), [*body.items()][::-1]))
        assert second.json == first.json

    def test_a_key_is_for_one_request(self, alice, bob, sell, stock):
        mug = sell()
        made = alice.post("/v1/orders", wanting((mug, 2)), KEY)
        assert alice.post("/v1/orders", wanting((mug, 3)), KEY).code == "idempotency_key_reused"
        assert stock(mug) == 8
        order = made.headers["location"]
        assert bob.post(f"{order}/pay", {"reference": "bank-1"}, KEY).status == 200
        assert bob.post(f"{order}/fulfil", {}, KEY).code == "idempotency_key_reused"
        assert alice.get(order).json["status"] == "paid"

    def test_a_refused_request_may_come_again(self, alice, bob, sell):
        mug = sell(stock=0)
        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).code == "insufficient_stock"
        delivery = {"delta": 5, "reason": "delivery"}
        assert bob.post(f"/v1/products/{mug}/stock-adjustments", delivery).status == 201
        assert alice.post("/v1/orders", wanting((mug, 2)), KEY).status == 201

    @pytest.mark.parametrize("key", ["", "k" * 256, "k\x01", "k\xe9", '""'])
    def test_a_key_must_be_visible_and_not_too_long(self, alice, sell, count, key):
        assert alice.post("/v1/orders", wanting((sell(), 1)), {"Idempotency-Key": key}).status == 400
        assert count(Order.id) == 0

    def test_there_is_one_key_at_the_most(self, alice, sell):
        twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        assert alice.post("/v1/orders", wanting((sell(), 1)), twice).status == 400

    def test_a_key_may_be_quoted(self, alice, sell):
        body = wanting((sell(), 1))
        raw, quoted = (alice.post("/v1/orders", body, {"Idempotency-Key": key}) for key in ("k", '"k"'))
        assert quoted.json == raw.json

    @pytest.mark.parametrize(("hours", "orders"), [(23, 1), (25, 2)])
    def test_a_key_is_free_again_after_a_day(self, alice, client, sell, count, after, hours, orders):
        till = alice.post("/v1/api-keys", {"name": "till", "scopes": ["orders:write"]}).json["secret"]
        body = wanting((sell(), 1))
        assert client.with_key(till).post("/v1/orders", body, KEY).status == 201
        with after(hours=hours):  # a bearer token does not live that long
            assert client.with_key(till).post("/v1/orders", body, KEY).status == 201
        assert count(Order.id) == orders

    def test_another_person_has_keys_of_his_own(self, alice, charlie, sell, count):
        body = wanting((sell(), 1))
        assert alice.post("/v1/orders", body, KEY).json["id"] != charlie.post("/v1/orders", body, KEY).json["id"]
        assert count(Order.id) == 2

    def test_a_payment_is_noted_once(self, bob, order, count):
        first, second = (bob.post(f"{order}/pay", {"reference": "bank-1"}, KEY) for _ in range(2))
        assert (first.status, second.status, second.json) == (200, 200, first.json)
        assert count(Event.id, Event.type == "order.paid") == 1


class TestListOrders:
    def test_alice_sees_hers_bob_sees_all(self, alice, bob, charlie, sell):
        mug = sell()
        hers, his = place(alice, (mug, 1)).json["id"], place(charlie, (mug, 1)).json["id"]
        assert ids(alice.get("/v1/orders")) == [hers]
        assert ids(charlie.get("/v1/orders")) == [his]
        assert ids(bob.get("/v1/orders")) == [his, hers]

    def test_a_stranger_who_asks_for_alices_gets_none(self, alice, bob, charlie, order):
        target = f"/v1/orders?user_id={alice.user.id}"
        assert (ids(charlie.get(target)), len(ids(bob.get(target))), len(ids(alice.get(target)))) == ([], 1, 1)

    def test_filters(self, alice, bob, sell):
        mug = sell()
        first, second = place(alice, (mug, 1)), place(alice, (mug, 1))
        pay(bob, first.headers["location"])
        between = second.json["created_at"]
        assert ids(alice.get("/v1/orders?status=paid")) == [first.json["id"]]
        assert ids(alice.get("/v1/orders?status=pending")) == [second.json["id"]]
        assert ids(alice.get(f"/v1/orders?created_after={between}")) == [second.json["id"]]
        assert ids(alice.get(f"/v1/orders?created_before={between}")) == [first.json["id"]]
        assert alice.get("/v1/orders?status=lost").code == "validation_error"

    def test_pages_follow_each_other(self, alice, sell):
        mug = sell(stock=10)
        made = [place(alice, (mug, 1)).json["id"] for _ in range(5)]
        found, target = [], "/v1/orders?limit=2"
        while target:
            page = alice.get(target)
            found += ids(page)
            target = page.headers.get("link", "<>").partition(">")[0][1:]
        assert found == made[::-1]

    def test_a_cursor_is_of_one_caller_and_one_filter(self, alice, bob, sell):
        mug = sell()
        for _ in range(2):
            place(alice, (mug, 1))
        cursor = alice.get("/v1/orders?limit=1").json["next_cursor"]
        assert alice.get(f"/v1/orders?limit=1&cursor={cursor}").status == 200
        for target in (f"/v1/orders?cursor={cursor}&status=pending", f"/v1/orders?cursor={cursor}x"):
            assert alice.get(target).code == "validation_error"
        assert bob.get(f"/v1/orders?cursor={cursor}").code == "validation_error"

    def test_the_number_of_statements_does_not_grow_with_the_rows(self, alice, sell, statements):
        mug, pot = sell(), sell()
        counts = []
        for orders in (1, 4):
            for _ in range(orders):
                place(alice, (mug, 1), (pot, 1))
            statements.clear()
            alice.get("/v1/orders")
            counts.append(len(statements))
        assert counts[0] == counts[1]


@pytest.fixture
def statements():
    """The SQL statements of the whole process."""
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


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

    def test_the_same_again_is_no_change(self, alice, order, count):
        first, second = (alice.patch(order, CHANGES, ANY) for _ in range(2))
        assert (second.json, second.headers["etag"]) == (first.json, first.headers["etag"])
        assert count(Event.id, Event.type == "order.updated") == 1

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


class TestCancelOrder:
    def test_the_stock_goes_back_once(self, alice, sell, stock, count):
        mug = sell()
        order = place(alice, (mug, 4)).headers["location"]
        first, second = (alice.post(f"{order}/cancel") for _ in range(2))
        assert (first.status, first.json["status"], stock(mug)) == (200, "cancelled", 10)
        assert (second.status, second.json, count(Event.id, Event.type == "order.cancelled")) == (200, first.json, 1)

    def test_a_stranger_may_not_and_bob_may(self, bob, charlie, order):
        assert charlie.post(f"{order}/cancel").code == "not_found"
        assert bob.post(f"{order}/cancel").status == 200

    @pytest.mark.parametrize("way", ["cancel", "refund"])
    def test_stock_that_has_no_room_is_not_put_back(self, carol, sell, stock, way):
        mug = sell()
        order = place(carol, (mug, 4)).headers["location"]
        room = MOST - stock(mug)
        assert carol.post(f"/v1/products/{mug}/stock-adjustments", {"delta": room, "reason": "delivery"}).status == 201
        assert way == "cancel" or pay(carol, order).status == 200
        answer = carol.post(f"{order}/{way}", {"restock": True} if way == "refund" else None)
        assert (answer.status, answer.code, stock(mug)) == (409, "stock_limit", MOST)

    def test_what_is_paid_is_refunded_and_not_cancelled(self, alice, bob, order):
        pay(bob, order)
        assert alice.post(f"{order}/cancel").code == "invalid_transition"


class TestPayOrder:
    def test_bob_notes_the_payment(self, bob, order):
        paid = pay(bob, order)
        assert (paid.status, paid.json["status"], paid.json["payment_reference"]) == (200, "paid", "bank-1")
        assert parse_time(paid.json["paid_at"]) <= now()

    def test_one_payment_pays_one_order(self, alice, bob, sell):
        first, second = (place(alice, (sell(), 1)).headers["location"] for _ in range(2))
        assert pay(bob, first).status == 200
        assert pay(bob, second).code == "payment_reference_taken"
        assert bob.get(second).json["status"] == "pending"

    def test_alice_may_not_say_that_she_has_paid(self, alice, order):
        assert pay(alice, order).code == "forbidden"
        assert pay(alice, f"/v1/orders/{ABSENT}").code == "forbidden"


class TestFulfilOrder:
    def test_bob_sends_a_paid_order(self, bob, order):
        pay(bob, order)
        sent = bob.post(f"{order}/fulfil", {"tracking": "RR123456785IE"})
        assert (sent.status, sent.json["status"], sent.json["tracking"]) == (200, "fulfilled", "RR123456785IE")

    def test_the_body_may_be_left_out(self, bob, order):
        pay(bob, order)
        sent = bob.post(f"{order}/fulfil")
        assert (sent.status, sent.json["tracking"]) == (200, None)

    def test_nothing_is_sent_before_it_is_paid(self, bob, order):
        assert bob.post(f"{order}/fulfil").code == "invalid_transition"

    def test_alice_may_not(self, alice, order):
        assert alice.post(f"{order}/fulfil").code == "forbidden"


class TestRefundOrder:
    def test_carol_refunds_all_of_it(self, bob, carol, order):
        total = pay(bob, order).json["total"]
        refunded = carol.post(f"{order}/refund")
        assert (refunded.status, refunded.json["status"], refunded.json["refunded"]) == (200, "refunded", total)

    @pytest.mark.parametrize(("restock", "left"), [(True, 10), (False, 6)])
    def test_a_part_of_it_with_or_without_the_goods(self, alice, bob, carol, sell, stock, restock, left):
        mug = sell()
        order = place(alice, (mug, 4)).headers["location"]
        pay(bob, order)
        refunded = carol.post(f"{order}/refund", {"amount": 1, "restock": restock})
        assert (refunded.json["refunded"], stock(mug)) == ({"amount": 1, "currency": "EUR"}, left)
        assert carol.post(f"{order}/refund", {"amount": 1}).code == "invalid_transition"

    def test_not_more_than_was_paid(self, bob, carol, order):
        total = pay(bob, order).json["total"]["amount"]
        assert carol.post(f"{order}/refund", {"amount": total + 1}).code == "refund_too_large"

    def test_bob_may_not(self, bob, order):
        pay(bob, order)
        assert bob.post(f"{order}/refund").code == "forbidden"

    def test_a_key_that_only_refunds_refunds_and_does_nothing_else(self, bob, carol, client, order):
        pay(bob, order)
        till = client.with_key(carol.post("/v1/api-keys", {"name": "till", "scopes": ["orders:refund"]}).json["secret"])
        assert [till.get(order).code, till.post(f"{order}/cancel").code] == ["forbidden"] * 2
        assert till.post(f"{order}/refund").status == 200

    def test_a_key_of_the_staff_that_only_writes_changes_no_order_of_others(self, bob, client, order):
        key = client.with_key(bob.post("/v1/api-keys", {"name": "key", "scopes": ["orders:write"]}).json["secret"])
        assert key.post(f"{order}/cancel").code == "not_found"


class TestArchivedProducts:
    def test_orders_of_one_stay_readable_and_go_their_way(self, alice, bob, carol, sell, stock):
        mug = sell()
        orders = [place(alice, (mug, 2)).headers["location"] for _ in range(3)]
        assert bob.delete(f"/v1/products/{mug}", ANY).status == 204
        assert [alice.get(order).status for order in orders] == [200] * 3
        assert alice.post(f"{orders[0]}/cancel").status == 200
        assert [pay(bob, order, order).status for order in orders[1:]] == [200, 200]
        assert bob.post(f"{orders[1]}/fulfil").status == 200
        assert carol.post(f"{orders[2]}/refund", {"restock": True}).status == 200
        assert stock(mug) == 8


class TestDeleteMe:
    def test_alice_stays_until_her_orders_are_over(self, alice, bob, order):
        alice.patch(order, {"note": "Ring twice", "shipping_address": ADDRESS, "metadata": {"cart": "7"}}, ANY)
        assert alice.delete("/v1/me").code == "open_orders"
        pay(bob, order)
        assert alice.delete("/v1/me").code == "open_orders"
        bob.post(f"{order}/fulfil")
        assert alice.delete("/v1/me").status == 204
        left = bob.get(order).json
        assert (left["status"], left["user_id"]) == ("fulfilled", alice.user.id)
        assert (left["note"], left["shipping_address"], left["metadata"]) == (None, None, {})
