"""Deleting the own account."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select

from orderly.database.database import Database
from orderly.database.idempotency import IdempotencyRecord
from tests.asgi import Client, Response
from tests.shop.api_helpers import key_of, log_in
from tests.shop.factories import make_caller, make_order
from tests.shop.handlers.me.conftest import another_session


def send_order(database: Database, bob: Client, user: Any) -> list[partial[Response]]:
    """Pay and fulfil an order with keys, and return both requests."""
    with database.writing() as session:
        order = make_order(session, make_caller(user), note=f"For {user.name}.")
        session.commit()
    acts = [
        partial(bob.post, f"/v1/orders/{order.id}/pay", {"reference": order.id}, {"Idempotency-Key": f"p-{order.id}"}),
        partial(bob.post, f"/v1/orders/{order.id}/fulfil", {}, {"Idempotency-Key": f"f-{order.id}"}),
    ]
    assert [act().status for act in acts] == [200, 200]
    return acts


class TestDeleteMe:
    def test_everything_personal_is_gone_at_once(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        key = key_of(alice, "me:read")
        given, elsewhere = another_session(client)
        response = alice.delete("/v1/me")
        assert (response.status, response.body) == (204, b"")
        for gone in (alice, elsewhere, key):
            assert gone.get("/v1/me").code == "invalid_token"
        refreshed = client.post("/v1/tokens/refresh", {"refresh_token": given["refresh_token"]})
        assert refreshed.code == "invalid_token"
        assert log_in(client).code == "invalid_credentials"
        assert alice.delete("/v1/me").status == 401

    def test_kept_responses_about_the_orders_are_deleted(
        self, sign_in: Callable[..., Client], database: Database
    ) -> None:
        bob, alice, charlie = (sign_in(name) for name in ("bob", "alice", "charlie"))
        for buyer in (alice, charlie):
            send_order(database, bob, buyer.user)
        assert alice.delete("/v1/me").status == 204
        with database.reading() as session:
            kept = [str(body) for body in session.scalars(select(IdempotencyRecord.body))]
        assert [("Alice" in body, "Charlie" in body) for body in kept] == [(False, True)] * 2

    def test_a_repeated_request_then_changes_nothing(self, sign_in: Callable[..., Client], database: Database) -> None:
        bob, alice = sign_in("bob"), sign_in("alice")
        paid, sent = send_order(database, bob, alice.user)
        alice.delete("/v1/me")
        for act in (paid, sent):
            assert act().code == "invalid_transition"

    def test_the_last_admin_is_not_deleted(self, sign_in: Callable[..., Client]) -> None:
        carol = sign_in("carol")
        response = carol.delete("/v1/me")
        assert (response.status, response.code) == (409, "last_admin")
        assert carol.get("/v1/me").status == 200
        sign_in("dave", role="admin")
        assert carol.delete("/v1/me").status == 204
