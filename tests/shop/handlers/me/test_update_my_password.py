"""A new password."""

from collections.abc import Callable

import pytest

from tests.asgi import Client, Response
from tests.shop.api_helpers import key_of, log_in
from tests.shop.factories import PASSWORD
from tests.shop.handlers.me.conftest import OTHER, another_session


class TestUpdateMyPassword:
    def change(self, caller: Client, current: str = PASSWORD, new: str | None = OTHER) -> Response:
        return caller.put("/v1/me/password", {"current_password": current, "new_password": new})

    def test_the_old_password_and_other_sessions_end(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        key = key_of(alice, "me:read")
        given, elsewhere = another_session(client)
        response = self.change(alice)
        assert (response.status, response.body) == (204, b"")
        assert elsewhere.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert log_in(client).code == "invalid_credentials"
        assert log_in(client, password=OTHER).status == 201
        assert alice.get("/v1/me").status == key.get("/v1/me").status == 200

    def test_a_wrong_current_password_changes_nothing(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        _, elsewhere = another_session(client)
        response = self.change(alice, "a wrong password")
        assert (response.status, response.code) == (403, "wrong_password")
        assert elsewhere.get("/v1/me").status == 200
        assert log_in(client).status == 201

    @pytest.mark.parametrize(
        ("new", "keyword"),
        [("x" * 11, "minLength"), ("x" * 129, "maxLength"), ("password1234", "common"), (None, "type")],
    )
    def test_a_bad_password_is_an_error_without_its_value(
        self, client: Client, sign_in: Callable[..., Client], new: str | None, keyword: str
    ) -> None:
        response = self.change(sign_in("alice"), new=new)
        assert (response.status, response.errors) == (400, {"/new_password": keyword})
        assert new is None or new.encode() not in response.body
        assert log_in(client).status == 201
