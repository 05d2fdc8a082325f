"""Lists of accounts."""

from collections.abc import Callable

from tests.asgi import Client
from tests.shop.handlers.users.conftest import emails


class TestListUsers:
    def test_all_accounts_are_listed_newest_first(self, sign_in: Callable[..., Client]) -> None:
        sign_in("alice")
        bob = sign_in("bob")
        sign_in("charlie")
        assert emails(bob.get("/v1/users")) == ["charlie@example.com", "bob@example.com", "alice@example.com"]

    def test_filters_can_be_combined(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice, bob, carol = sign_in("alice"), sign_in("bob"), sign_in("carol")
        carol.post(f"/v1/users/{alice.user.id}/disable")
        assert emails(bob.get("/v1/users?role=staff")) == ["bob@example.com"]
        assert emails(bob.get("/v1/users?status=disabled")) == ["alice@example.com"]
        assert emails(bob.get("/v1/users?status=disabled&role=admin")) == []
        assert emails(bob.get("/v1/users?email=ALICE%40example.com")) == ["alice@example.com"]
        assert emails(bob.get("/v1/users?email=_lice%40example.com")) == []
        assert emails(bob.get("/v1/users?created_after=2001-01-01T00:00:00Z&created_before=2001-01-02T00:00:00Z")) == []
        created = bob.get(f"/v1/users/{bob.user.id}").json["created_at"]
        assert emails(bob.get(f"/v1/users?created_after={created}")) == ["carol@example.com", "bob@example.com"]
        assert emails(bob.get(f"/v1/users?created_before={created}")) == ["alice@example.com"]

    def test_an_erased_account_is_gone(self, sign_in: Callable[..., Client]) -> None:
        alice, carol = sign_in("alice"), sign_in("carol")

        assert alice.delete("/v1/me").status == 204

        assert carol.get(f"/v1/users/{alice.user.id}").code == "not_found"
        assert carol.post(f"/v1/users/{alice.user.id}/enable").code == "not_found"
        assert emails(carol.get("/v1/users")) == ["carol@example.com"]
