"""Admins change names and roles, and only what they have seen."""

import pytest

from tests.shop.factories import PASSWORD
from tests.shop.handlers.users.conftest import ABSENT


class TestUpdateUser:
    def change(self, caller, user_id, body, tag="*", **headers):
        return caller.patch(f"/v1/users/{user_id}", body, {**({"If-Match": tag} if tag is not None else {}), **headers})

    def test_a_new_role_counts_from_the_next_call_on(self, carol, alice):
        assert alice.get("/v1/users").code == "forbidden"
        answer = self.change(carol, alice.user.id, {"role": "staff"}, '"1"')
        assert (answer.status, answer.json["role"], answer.json["version"]) == (200, "staff", 2)
        assert answer.headers["etag"] == '"2"'
        assert alice.get("/v1/users").status == 200
        self.change(carol, alice.user.id, {"role": "customer"})
        assert alice.get("/v1/users").code == "forbidden"

    def test_a_name_can_be_changed(self, carol, alice):
        answer = self.change(carol, alice.user.id, {"name": "Alicia"})
        assert (answer.json["name"], answer.json["role"]) == ("Alicia", "customer")
        assert alice.get("/v1/me").json == answer.json

    def test_a_merge_patch_is_taken_under_its_own_name(self, carol, alice):
        kind = {"Content-Type": "application/merge-patch+json"}
        assert self.change(carol, alice.user.id, {"name": "Alicia"}, **kind).status == 200

    def test_other_patches_are_not(self, carol, alice):
        kind = {"Content-Type": "application/json-patch+json"}
        answer = self.change(carol, alice.user.id, {"name": "Alicia"}, **kind)
        assert (answer.status, answer.code) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        ("tag", "status", "code"),
        [
            (None, 428, "precondition_required"),
            ('"0"', 412, "precondition_failed"),
            ('W/"1"', 412, "precondition_failed"),
            ("garbage", 412, "precondition_failed"),
            ("", 400, "validation_error"),
            ('"1', 412, "precondition_failed"),
        ],
    )
    def test_nothing_is_changed_that_was_not_seen(self, carol, alice, tag, status, code):
        answer = self.change(carol, alice.user.id, {"name": "Alicia"}, tag)
        assert (answer.status, answer.code) == (status, code)
        assert alice.get("/v1/me").json["name"] == "Alice"

    @pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"'])
    def test_what_was_seen_is_changed(self, carol, alice, tag):
        assert self.change(carol, alice.user.id, {"name": "Alicia"}, tag).status == 200

    def test_the_second_of_two_who_saw_the_same_is_told(self, carol, alice):
        assert self.change(carol, alice.user.id, {"name": "First"}, '"1"').status == 200
        assert self.change(carol, alice.user.id, {"name": "Second"}, '"1"').code == "precondition_failed"
        assert alice.get("/v1/me").json["name"] == "First"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"role": "emperor"},
            {"role": None},
            {"name": None},
            {"email": "x@example.com"},
            {"status": "active"},
            {"password": PASSWORD},
            {"version": 9},
            {"id": ABSENT},
            [],
            "name",
        ],
    )
    def test_nothing_else_can_be_changed(self, carol, alice, body):
        before = alice.get("/v1/me").json
        answer = self.change(carol, alice.user.id, body)
        assert (answer.status, answer.code) == (400, "validation_error")
        assert alice.get("/v1/me").json == before

    def test_the_last_admin_stays_one(self, carol, sign_in):
        answer = self.change(carol, carol.user.id, {"role": "staff"})
        assert (answer.status, answer.code) == (409, "last_admin")
        dave = sign_in("dave", role="admin")
        assert self.change(carol, carol.user.id, {"role": "staff"}).status == 200
        assert self.change(dave, dave.user.id, {"role": "customer"}).code == "last_admin"

    @pytest.mark.parametrize("name", ["alice", "bob"])
    def test_only_admins_may_and_others_learn_nothing_of_who_is_there(self, carol, sign_in, name):
        caller = sign_in(name)
        for user_id in (carol.user.id, caller.user.id, ABSENT):
            answer = self.change(caller, user_id, {"role": "admin"})
            assert (answer.status, answer.code) == (403, "forbidden")
        assert caller.get("/v1/me").json["role"] != "admin"

    def test_nobody_is_not_found(self, carol):
        assert self.change(carol, ABSENT, {"name": "Nobody"}).code == "not_found"
