"""Products over HTTP: what everybody sees, and what staff does."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from db import products
from db.products import MOST, Product
from db.stock import StockAdjustment
from tests.factories import make_key, make_product

MUG = {"sku": "MUG-1", "name": "Blue mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10}
ABSENT = "prd_01kg9ys7g0e4ma4jz41b93y214"


@pytest.fixture
def bob(sign_in):
    return sign_in("bob")


@pytest.fixture
def put(database):
    """Puts a product on sale, past HTTP."""

    def put(**given):
        with database.writing() as session:
            product = make_product(session, **given)
            session.commit()
        return product

    return put


def names(answer):
    assert answer.status == 200, answer
    return [product["name"] for product in answer.json["data"]]


def walk(client, target, then=lambda: None):
    """All rows of a list, page by page; something may happen between two pages."""
    rows = []
    while target:
        answer = client.get(target)
        assert answer.status == 200, answer
        rows += answer.json["data"]
        target = answer.headers.get("link", "<>").partition(">")[0][1:]
        then()
    return rows


def count(database, column):
    with database.reading() as session:
        return session.scalar(select(func.count(column)))


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
        assert count(database, Product.id) == 0

    def test_a_key_needs_the_scope(self, client, bob, database):
        with database.writing() as session:
            reading = make_key(session, bob.user)
            session.commit()
        assert client.with_key(reading.secret).post("/v1/products", MUG).code == "forbidden"

    def test_whole_numbers_may_have_a_point(self, bob):
        made = bob.post("/v1/products", {**MUG, "price": {"amount": 1250.0, "currency": "EUR"}, "stock": 10.0})
        assert (made.status, made.json["price"]["amount"], made.json["stock"]) == (201, 1250, 10)

    @pytest.mark.parametrize(
        "wrong", [{"stock": -1}, {"stock": MOST + 1}, {"price": {"amount": -1, "currency": "EUR"}}]
    )
    def test_what_cannot_be_is_refused(self, bob, wrong):
        assert bob.post("/v1/products", {**MUG, **wrong}).code == "validation_error"


class TestIdempotencyKeys:
    def test_the_same_request_makes_one_product(self, bob, database):
        first, second = (bob.post("/v1/products", MUG, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status, second.status, second.json) == (201, 201, first.json)
        assert second.headers["location"] == first.headers["location"]
        assert second.headers["etag"] == first.headers["etag"]
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert count(database, Product.id) == 1

    def test_the_same_adjustment_moves_the_stock_once(self, bob, client, put):
        target = f"/v1/products/{put().id}"
        body = {"delta": -3, "reason": "broken"}
        first, second = (bob.post(f"{target}/stock-adjustments", body, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status, second.json) == (201, first.json)
        assert client.get(target).json["stock"] == 7

    def test_a_key_is_for_one_request(self, bob, client, put):
        one, other = put(), put()
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
        assert count(database, Product.id) == 2

    def test_a_refused_request_may_come_again(self, bob, put):
        target, key = f"/v1/products/{put().id}/stock-adjustments", {"Idempotency-Key": "k"}
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

    def test_a_key_is_free_again_after_a_day(self, bob, client, put, after):
        product = put()
        wanted = {"name": "till", "scopes": ["stock:write"]}
        till = client.with_key(bob.post("/v1/api-keys", wanted).json["secret"])  # outlives a bearer token
        target, key = f"/v1/products/{product.id}/stock-adjustments", {"Idempotency-Key": "k"}
        for minutes, stock in ((24 * 60 - 1, 15), (24 * 60 + 1, 20)):
            assert till.post(target, {"delta": 5, "reason": "delivery"}, key).status == 201
            with after(minutes=minutes):
                assert till.post(target, {"delta": 5, "reason": "delivery"}, key).status == 201
            assert client.get(f"/v1/products/{product.id}").json["stock"] == stock


class TestGetProduct:
    def test_what_has_not_changed_is_not_sent_again(self, client, put):
        target = f"/v1/products/{put().id}"
        tag = client.get(target).headers["etag"]
        for match in (tag, f"W/{tag}", f'"0", {tag}', "*"):
            again = client.get(target, {"If-None-Match": match})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert client.get(target, {"If-None-Match": '"0"'}).status == 200

    def test_a_sale_changes_the_version(self, bob, client, put):
        target = f"/v1/products/{put().id}"
        tag = client.get(target).headers["etag"]
        bob.post(f"{target}/stock-adjustments", {"delta": -1, "reason": "broken"})
        assert client.get(target, {"If-None-Match": tag}).json["stock"] == 9

    def test_an_unknown_id_is_not_found_and_a_malformed_one_refused(self, client):
        assert client.get(f"/v1/products/{ABSENT}").code == "not_found"
        assert client.get("/v1/products/1").code == "validation_error"


class TestUpdateProduct:
    def test_what_is_given_changes_and_null_removes(self, bob, client, put):
        target = f"/v1/products/{put(description='Blue', category='Kitchen').id}"
        before = client.get(target).json
        change = {"name": "Red mug", "price": {"amount": 990, "currency": "USD"}, "description": None}
        after = bob.patch(target, change, {"If-Match": '"1"'})
        assert (after.status, after.headers["etag"]) == (200, '"2"')
        assert after.json == before | change | {"version": 2, "updated_at": after.json["updated_at"]}
        assert after.json["updated_at"] > before["updated_at"]
        assert client.get(target).json == after.json

    def test_it_is_found_by_its_new_words_only(self, bob, client, put):
        target = f"/v1/products/{put(name='Mug', description='Of tin').id}"
        bob.patch(target, {"name": "Cup", "description": None}, {"If-Match": "*"})
        assert [names(client.get(f"/v1/products?q={q}")) for q in ("CUP", "tin")] == [["Cup"], []]

    def test_what_stays_as_it_was_is_no_change(self, bob, client, put):
        target = f"/v1/products/{put().id}"
        assert bob.patch(target, {"name": "Mug"}, {"If-Match": "*"}).headers["etag"] == '"1"'

    @pytest.mark.parametrize(
        ("match", "status"), [(None, 428), ('"2"', 412), ('W/"1"', 412), ('"1"', 200), ("*", 200), ('"0", "1"', 200)]
    )
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_only_the_version_that_was_seen_is_changed(self, bob, put, method, match, status):
        headers = {"If-Match": match} if match else {}
        answer = bob(method, f"/v1/products/{put().id}", {"name": "Cup"} if method == "PATCH" else None, headers)
        assert answer.status == (204 if (method, status) == ("DELETE", 200) else status)

    def test_a_garbled_tag_is_refused(self, bob, put):
        assert bob.patch(f"/v1/products/{put().id}", {"name": "Cup"}, {"If-Match": "1"}).status in (400, 412)

    def test_the_sku_of_another_one_is_taken(self, bob, put):
        put(sku="MUG-1")
        target = f"/v1/products/{put(sku='MUG-2').id}"
        assert bob.patch(target, {"sku": "MUG-1"}, {"If-Match": "*"}).code == "sku_taken"
        assert bob.patch(target, {"sku": "MUG-2"}, {"If-Match": "*"}).status == 200

    @pytest.mark.parametrize("wrong", [{"stock": 5}, {"id": ABSENT}, {"version": 9}, {"name": None}, {}])
    def test_what_cannot_be_changed_is_refused(self, bob, client, put, wrong):
        target = f"/v1/products/{put().id}"
        before = client.get(target).json
        assert bob.patch(target, wrong, {"If-Match": "*"}).code == "validation_error"
        assert client.get(target).json == before

    def test_a_customer_may_not_and_does_not_learn_whether_there_is_one(self, sign_in, put):
        alice = sign_in("alice")
        for target in (f"/v1/products/{put().id}", f"/v1/products/{ABSENT}"):
            assert alice.patch(target, {"name": "Cup"}, {"If-Match": "*"}).code == "forbidden"
            assert alice.delete(target, {"If-Match": "*"}).code == "forbidden"

    def test_of_twenty_who_saw_the_same_version_one_changes_it(self, bob, put):
        target = f"/v1/products/{put().id}"
        with ThreadPoolExecutor(20) as threads:
            tries = [threads.submit(bob.patch, target, {"name": f"Cup {n}"}, {"If-Match": '"1"'}) for n in range(20)]
            statuses = sorted(each.result().status for each in tries)
        assert statuses == [200] + 19 * [412]


class TestArchiveProduct:
    def test_it_is_gone_for_everybody(self, bob, client, put):
        target = f"/v1/products/{put().id}"
        assert bob.delete(target, {"If-Match": '"1"'}).status == 204
        assert client.get(target).code == bob.get(f"{target}/stock-adjustments").code == "not_found"
        assert bob.patch(target, {"name": "Cup"}, {"If-Match": "*"}).code == "not_found"
        assert bob.post(f"{target}/stock-adjustments", {"delta": 1, "reason": "found"}).code == "not_found"
        assert bob.delete(target, {"If-Match": "*"}).code == "not_found"
        assert names(client.get("/v1/products")) == []


class TestStockAdjustments:
    def test_they_add_up_to_the_stock_and_the_newest_comes_first(self, bob, client, put):
        product = put()
        target = f"/v1/products/{product.id}/stock-adjustments"
        for delta, reason in ((5, "delivery"), (-3, "broken")):
            made = bob.post(target, {"delta": delta, "reason": reason})
            assert (made.status, made.json["user_id"], made.json["delta"]) == (201, bob.user.id, delta)
        listed = bob.get(target).json["data"]
        assert [(e["delta"], e["reason"]) for e in listed] == [(-3, "broken"), (5, "delivery"), (10, "initial stock")]
        assert client.get(f"/v1/products/{product.id}").json["stock"] == 12

    def test_the_stock_has_two_ends(self, bob, client, put, database):
        product = put(stock=MOST - 1)
        target = f"/v1/products/{product.id}/stock-adjustments"
        assert bob.post(target, {"delta": -MOST, "reason": "fire"}).code == "insufficient_stock"
        assert bob.post(target, {"delta": 2, "reason": "delivery"}).code == "stock_limit"
        assert bob.post(target, {"delta": 1 - MOST, "reason": "fire"}).status == 201
        assert bob.post(target, {"delta": MOST, "reason": "delivery"}).status == 201
        assert (client.get(f"/v1/products/{product.id}").json["stock"], count(database, StockAdjustment.id)) == (
            MOST,
            3,
        )

    def test_nothing_is_no_adjustment(self, bob, put):
        target = f"/v1/products/{put().id}/stock-adjustments"
        assert bob.post(target, {"delta": 0, "reason": "nothing"}).code == "validation_error"

    def test_they_are_for_staff(self, sign_in, client, put):
        target = f"/v1/products/{put().id}/stock-adjustments"
        alice = sign_in("alice")
        assert alice.get(target).code == alice.post(target, {"delta": 1, "reason": "gift"}).code == "forbidden"
        assert client.get(target).status == 401

    def test_there_are_none_of_an_unknown_product(self, bob):
        target = f"/v1/products/{ABSENT}/stock-adjustments"
        assert bob.get(target).code == bob.post(target, {"delta": 1, "reason": "found"}).code == "not_found"

    def test_pages_of_one_product_do_not_lead_into_another(self, bob, put):
        one, other = put(), put()
        target = f"/v1/products/{one.id}/stock-adjustments"
        for n in range(1, 5):
            bob.post(target, {"delta": n, "reason": f"delivery {n}"})
        assert [entry["delta"] for entry in walk(bob, f"{target}?limit=2")] == [4, 3, 2, 1, 10]
        cursor = bob.get(f"{target}?limit=2").json["next_cursor"]
        assert bob.get(f"/v1/products/{other.id}/stock-adjustments?cursor={cursor}").errors == {"cursor": "cursor"}


class TestListProducts:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Kettle", "Fork", "cup", "Bowl"]),
            ("sort=created_at", ["Bowl", "cup", "Fork", "Kettle"]),
            ("sort=name", ["Bowl", "Fork", "Kettle", "cup"]),
            ("sort=-name", ["cup", "Kettle", "Fork", "Bowl"]),
            ("sort=price", ["Fork", "Bowl", "cup", "Kettle"]),
            ("sort=-price", ["Kettle", "cup", "Bowl", "Fork"]),
            ("category=Table", ["Fork", "Bowl"]),
            ("category=table", []),
            ("currency=USD", ["Kettle"]),
            ("min_price=700&max_price=900", ["cup", "Bowl"]),
            ("min_price=900&max_price=700", []),
            ("in_stock=true", ["Fork", "cup", "Bowl"]),
            ("in_stock=false", ["Kettle"]),
            ("q=OW&category=Table&in_stock=true&sort=name", ["Bowl"]),
        ],
    )
    def test_filters_and_orders(self, client, put, query, found):
        put(name="Bowl", category="Table", price_amount=700)
        put(name="cup", price_amount=900)
        put(name="Fork", category="Table", price_amount=100)
        put(name="Kettle", price_amount=4000, currency="USD", stock=0)
        assert names(client.get(f"/v1/products?{query}")) == found

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("%", ["100% wool"]),
            ("_", ["under_score"]),
            ("\\", ["back\\slash"]),
            ("/", ["and/or"]),
            ("' OR 1=1--", []),
            ("STRASSE", ["Straße"]),
            ("0% W", ["100% wool"]),
            ("sku-7", ["by its sku"]),
            ("long words", ["by its description"]),
        ],
    )
    def test_every_character_of_a_search_means_itself(self, client, put, text, found):
        for name in ("100% wool", "under_score", "back\\slash", "and/or", "Straße"):
            put(name=name)
        put(name="by its sku", sku="SKU-7")
        put(name="by its description", description="Many long words")
        assert names(client.get(f"/v1/products?q={quote(text, safe='')}")) == found

    def test_names_sort_alike_on_both_databases(self, client, put):
        found = ["Öl", "a-b", "a b", "ab", "Zoo", "zoo", "A", "\U0001f600", "\uffee", "_"]
        for name in found:
            put(name=name)
        assert names(client.get("/v1/products?sort=name")) == sorted(found)

    @pytest.mark.parametrize(
        "wrong", ["sort=stock", "q=", "min_price=-1", "in_stock=yes", "limit=0", "cursor=x", "a=b"]
    )
    def test_what_the_contract_does_not_have_is_refused(self, client, wrong):
        assert client.get(f"/v1/products?{wrong}").code == "validation_error"

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name", "price", "-price"])
    def test_pages_meet_where_rows_look_alike(self, client, put, sort):
        made = [put(name="Mug", price_amount=500).id for _ in range(7)]
        seen = [row["id"] for row in walk(client, f"/v1/products?sort={sort}&limit=2")]
        assert (sorted(seen), len(set(seen))) == (made, 7)

    def test_the_longest_name_fits_into_a_cursor(self, client, put):
        for sku in "ab":
            put(sku=sku, name="".join(chr(0x1F300 + 7 * n) for n in range(200)))
        assert len(walk(client, "/v1/products?sort=name&limit=1")) == 2

    def test_a_cursor_is_refused_unless_it_is_of_this_list_and_filter(self, bob, client, put):
        for _ in range(3):
            put()
        cursor = client.get("/v1/products?limit=1&q=mug").json["next_cursor"]
        assert client.get(f"/v1/products?limit=2&q=mug&cursor={cursor}").status == 200
        altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
        for target in (f"?q=mug&cursor={altered}", f"?cursor={cursor}", f"?q=mugs&cursor={cursor}"):
            assert client.get(f"/v1/products{target}").errors == {"cursor": "cursor"}
        assert client.get(f"/v1/products?q=mug&sort=name&cursor={cursor}").errors == {"cursor": "cursor"}
        assert bob.get(f"/v1/users?cursor={cursor}").errors == {"cursor": "cursor"}

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "name"])
    def test_rows_that_come_and_go_do_not_disturb_a_reader(self, client, database, sort):
        with database.writing() as session:
            kept = {make_product(session, name=f"Mug {n % 7}").id for n in range(60)}
            doomed = [make_product(session, name=f"Doomed {n % 5}").id for n in range(20)]
            session.commit()

        def disturb():
            with database.writing() as session:
                for _ in range(3):
                    make_product(session, name=f"New {len(doomed)}")
                for _ in range(min(2, len(doomed))):
                    products.archive(session, None, doomed.pop())
                session.commit()

        seen = [row["id"] for row in walk(client, f"/v1/products?sort={sort}&limit=10", disturb)]
        assert len(seen) == len(set(seen))
        assert kept <= set(seen)
