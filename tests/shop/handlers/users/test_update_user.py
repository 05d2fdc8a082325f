"""Admins change names and roles."""

from collections.abc import Callable
from typing import Any

from tests.asgi import Client, Response


class TestUpdateUser:
    def change(self, caller: Client, user_id: str, body: dict[str, Any], tag: str = "*", **headers: Any) -> Response:
        return caller.patch(f"/v1/users/{user_id}", body, {**({"If-Match": tag} if tag is not None else {}), **headers})

    def test_a_new_role_counts_from_the_next_request(self, carol: Client, alice: Client) -> None:
        assert alice.get("/v1/users").code == "forbidden"
        response = self.change(carol, alice.user.id, {"role": "staff"}, '"1"')
        assert (response.status, response.json["role"], response.json["version"]) == (200, "staff", 2)
        assert response.headers["etag"] == '"2"'
        assert alice.get("/v1/users").status == 200
        self.change(carol, alice.user.id, {"role": "customer"})
        assert alice.get("/v1/users").code == "forbidden"

    def test_a_name_can_be_changed(self, carol: Client, alice: Client) -> None:
        response = self.change(carol, alice.user.id, {"name": "Alicia"})
        assert (response.json["name"], response.json["role"]) == ("Alicia", "customer")
        assert alice.get("/v1/me").json == response.json

    def test_the_media_type_of_a_merge_patch_is_accepted(self, carol: Client, alice: Client) -> None:
        kind = {"Content-Type": "application/merge-patch+json"}
        assert self.change(carol, alice.user.id, {"name": "Alicia"}, **kind).status == 200

    def test_the_last_admin_stays_one(self, carol: Client, sign_in: Callable[..., Client]) -> None:
        response = self.change(carol, carol.user.id, {"role": "staff"})
        assert (response.status, response.code) == (409, "last_admin")
        dave = sign_in("dave", role="admin")
        assert self.change(carol, carol.user.id, {"role": "staff"}).status == 200
        assert self.change(dave, dave.user.id, {"role": "customer"}).code == "last_admin"
