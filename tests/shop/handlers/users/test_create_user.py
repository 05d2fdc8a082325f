"""Signing up: addresses, passwords and names."""

import pytest

from tests.asgi import Client
from tests.shop.api_helpers import log_in
from tests.shop.handlers.users.conftest import DORA, sign_up


class TestCreateUser:
    def test_a_new_account_is_an_active_customer(self, client: Client) -> None:
        response = sign_up(client, email="Dora@EXAMPLE.com")
        assert response.status == 201
        made = response.json
        assert made.keys() == {"id", "email", "name", "role", "status", "version", "created_at", "updated_at"}
        assert (made["email"], made["role"], made["status"]) == ("Dora@example.com", "customer", "active")
        assert response.headers["etag"] == '"1"'
        assert response.headers["location"] == f"/v1/users/{made['id']}"
        assert response.headers["cache-control"] == "no-store"
        me = client.signed_in(log_in(client, DORA).json["access_token"])
        assert me.get(response.headers["location"]).json == made

    @pytest.mark.parametrize("email", ["dora@example.com", "DORA@EXAMPLE.COM"])
    def test_an_address_is_taken_in_any_case(self, client: Client, email: str) -> None:
        sign_up(client)
        response = sign_up(client, email=email, name="Another")
        assert (response.status, response.code) == (409, "email_taken")
        assert "dora" not in response.body.decode().lower()

    def test_all_errors_are_reported_without_values(self, client: Client) -> None:
        response = client.post(
            "/v1/users", {"email": "canary-1", "password": "canary-2", "name": "", "role": "canary-3"}
        )
        assert (response.status, response.code) == (400, "validation_error")
        assert response.errors.keys() == {"/email", "/password", "/name", "/role"}
        assert (response.errors["/password"], response.errors["/role"]) == ("minLength", "additionalProperties")
        assert b"canary" not in response.body

    @pytest.mark.parametrize(
        "password",
        ["x" * 12, "X" * 128, "ä" * 64, "🐙" * 128, "  spaces before and after  ", "Password\twith\nControls"],
    )
    def test_a_password_is_kept_as_it_is(self, client: Client, password: str) -> None:
        assert sign_up(client, password=password).status == 201
        assert log_in(client, DORA, password=password).status == 201
        for other in (password[:-1], password[1:], password.swapcase()[:127]):
            assert log_in(client, DORA, password=other).code == "invalid_credentials"

    @pytest.mark.parametrize(
        ("password", "keyword"), [("x" * 11, "minLength"), ("x" * 129, "maxLength"), ("Password1234", "common")]
    )
    def test_a_bad_password_is_an_error_without_its_value(self, client: Client, password: str, keyword: str) -> None:
        response = sign_up(client, password=password)
        assert (response.status, response.errors) == (400, {"/password": keyword})
        assert password.encode() not in response.body

    @pytest.mark.parametrize(
        "email",
        [
            "dora",
            "döra@example.com",
            "a@" + "a." * 25000 + "!",
            "dora@[127.0.0.1]",
            '"do ra"@example.com',
            "dora@xn--abc.com",
        ],
    )
    def test_an_invalid_address_is_an_error(self, client: Client, email: str) -> None:
        response = sign_up(client, email=email)
        assert response.status == 400
        assert response.errors.keys() == {"/email"}

    @pytest.mark.parametrize(
        "name", ["Ð", "田中さん", "O'Hara; DROP TABLE users--", "<b>Dora</b>", "x" * 100, "{{7*7}}"]
    )
    def test_names_are_kept_as_they_are(self, client: Client, name: str) -> None:
        assert sign_up(client, name=name).json["name"] == name

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "\x7f", "x" * 101])
    def test_a_name_is_one_visible_line(self, client: Client, name: str) -> None:
        assert sign_up(client, name=name).errors.keys() == {"/name"}
