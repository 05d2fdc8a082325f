"""The catalogue, as everybody sees it."""

from urllib.parse import quote

import pytest

from db import products
from tests.shop.api_helpers import walk
from tests.shop.factories import make_product
from tests.shop.handlers.products.conftest import ABSENT, names


class TestGetProduct:
    def test_what_has_not_changed_is_not_sent_again(self, client, create_product):
        target = f"/v1/products/{create_product().id}"
        tag = client.get(target).headers["etag"]
        for match in (tag, f"W/{tag}", f'"0", {tag}', "*"):
            again = client.get(target, {"If-None-Match": match})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert client.get(target, {"If-None-Match": '"0"'}).status == 200

    def test_a_sale_changes_the_version(self, bob, client, create_product):
        target = f"/v1/products/{create_product().id}"
        tag = client.get(target).headers["etag"]
        bob.post(f"{target}/stock-adjustments", {"delta": -1, "reason": "broken"})
        assert client.get(target, {"If-None-Match": tag}).json["stock"] == 9

    def test_an_unknown_id_is_not_found_and_a_malformed_one_refused(self, client):
        assert client.get(f"/v1/products/{ABSENT}").code == "not_found"
        assert client.get("/v1/products/1").code == "validation_error"


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
    def test_filters_and_orders(self, client, create_product, query, found):
        create_product(name="Bowl", category="Table", price_amount=700)
        create_product(name="cup", price_amount=900)
        create_product(name="Fork", category="Table", price_amount=100)
        create_product(name="Kettle", price_amount=4000, currency="USD", stock=0)
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
    def test_every_character_of_a_search_means_itself(self, client, create_product, text, found):
        for name in ("100% wool", "under_score", "back\\slash", "and/or", "Straße"):
            create_product(name=name)
        create_product(name="by its sku", sku="SKU-7")
        create_product(name="by its description", description="Many long words")
        assert names(client.get(f"/v1/products?q={quote(text, safe='')}")) == found

    def test_names_sort_alike_on_both_databases(self, client, create_product):
        found = ["Öl", "a-b", "a b", "ab", "Zoo", "zoo", "A", "\U0001f600", "\uffee", "_"]
        for name in found:
            create_product(name=name)
        assert names(client.get("/v1/products?sort=name")) == sorted(found)

    @pytest.mark.parametrize(
        "wrong", ["sort=stock", "q=", "min_price=-1", "in_stock=yes", "limit=0", "cursor=x", "a=b"]
    )
    def test_what_the_contract_does_not_have_is_refused(self, client, wrong):
        assert client.get(f"/v1/products?{wrong}").code == "validation_error"

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name", "price", "-price"])
    def test_pages_meet_where_rows_look_alike(self, client, create_product, sort):
        made = [create_product(name="Mug", price_amount=500).id for _ in range(7)]
        seen = [row["id"] for row in walk(client, f"/v1/products?sort={sort}&limit=2")]
        assert (sorted(seen), len(set(seen))) == (made, 7)

    def test_the_longest_name_fits_into_a_cursor(self, client, create_product):
        for sku in "ab":
            create_product(sku=sku, name="".join(chr(0x1F300 + 7 * n) for n in range(200)))
        assert len(walk(client, "/v1/products?sort=name&limit=1")) == 2

    def test_a_cursor_is_refused_unless_it_is_of_this_list_and_filter(self, bob, client, create_product):
        for _ in range(3):
            create_product()
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
