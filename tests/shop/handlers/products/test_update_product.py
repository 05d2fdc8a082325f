"""Staff changes what it has seen, and takes it off sale."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shop.handlers.products.conftest import ABSENT, names


class TestUpdateProduct:
    def test_what_is_given_changes_and_null_removes(self, bob, client, create_product):
        target = f"/v1/products/{create_product(description='Blue', category='Kitchen').id}"
        before = client.get(target).json
        change = {"name": "Red mug", "price": {"amount": 990, "currency": "USD"}, "description": None}
        after = bob.patch(target, change, {"If-Match": '"1"'})
        assert (after.status, after.headers["etag"]) == (200, '"2"')
        assert after.json == before | change | {"version": 2, "updated_at": after.json["updated_at"]}
        assert after.json["updated_at"] > before["updated_at"]
        assert client.get(target).json == after.json

    def test_it_is_found_by_its_new_words_only(self, bob, client, create_product):
        target = f"/v1/products/{create_product(name='Mug', description='Of tin').id}"
        bob.patch(target, {"name": "Cup", "description": None}, {"If-Match": "*"})
        assert [names(client.get(f"/v1/products?q={q}")) for q in ("CUP", "tin")] == [["Cup"], []]

    def test_what_stays_as_it_was_is_no_change(self, bob, client, create_product):
        target = f"/v1/products/{create_product().id}"
        assert bob.patch(target, {"name": "Mug"}, {"If-Match": "*"}).headers["etag"] == '"1"'

    @pytest.mark.parametrize(
        ("match", "status"), [(None, 428), ('"2"', 412), ('W/"1"', 412), ('"1"', 200), ("*", 200), ('"0", "1"', 200)]
    )
    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_only_the_version_that_was_seen_is_changed(self, bob, create_product, method, match, status):
        headers = {"If-Match": match} if match else {}
        answer = bob(
            method, f"/v1/products/{create_product().id}", {"name": "Cup"} if method == "PATCH" else None, headers
        )
        assert answer.status == (204 if (method, status) == ("DELETE", 200) else status)

    def test_a_garbled_tag_is_refused(self, bob, create_product):
        assert bob.patch(f"/v1/products/{create_product().id}", {"name": "Cup"}, {"If-Match": "1"}).status in (400, 412)

    def test_the_sku_of_another_one_is_taken(self, bob, create_product):
        create_product(sku="MUG-1")
        target = f"/v1/products/{create_product(sku='MUG-2').id}"
        assert bob.patch(target, {"sku": "MUG-1"}, {"If-Match": "*"}).code == "sku_taken"
        assert bob.patch(target, {"sku": "MUG-2"}, {"If-Match": "*"}).status == 200

    @pytest.mark.parametrize("wrong", [{"stock": 5}, {"id": ABSENT}, {"version": 9}, {"name": None}, {}])
    def test_what_cannot_be_changed_is_refused(self, bob, client, create_product, wrong):
        target = f"/v1/products/{create_product().id}"
        before = client.get(target).json
        assert bob.patch(target, wrong, {"If-Match": "*"}).code == "validation_error"
        assert client.get(target).json == before

    def test_a_customer_may_not_and_does_not_learn_whether_there_is_one(self, sign_in, create_product):
        alice = sign_in("alice")
        for target in (f"/v1/products/{create_product().id}", f"/v1/products/{ABSENT}"):
            assert alice.patch(target, {"name": "Cup"}, {"If-Match": "*"}).code == "forbidden"
            assert alice.delete(target, {"If-Match": "*"}).code == "forbidden"

    def test_of_twenty_who_saw_the_same_version_one_changes_it(self, bob, create_product):
        target = f"/v1/products/{create_product().id}"
        with ThreadPoolExecutor(20) as threads:
            tries = [threads.submit(bob.patch, target, {"name": f"Cup {n}"}, {"If-Match": '"1"'}) for n in range(20)]
            statuses = sorted(each.result().status for each in tries)
        assert statuses == [200] + 19 * [412]


class TestArchiveProduct:
    def test_it_is_gone_for_everybody(self, bob, client, create_product):
        target = f"/v1/products/{create_product().id}"
        assert bob.delete(target, {"If-Match": '"1"'}).status == 204
        assert client.get(target).code == bob.get(f"{target}/stock-adjustments").code == "not_found"
        assert bob.patch(target, {"name": "Cup"}, {"If-Match": "*"}).code == "not_found"
        assert bob.post(f"{target}/stock-adjustments", {"delta": 1, "reason": "found"}).code == "not_found"
        assert bob.delete(target, {"If-Match": "*"}).code == "not_found"
        assert names(client.get("/v1/products")) == []
