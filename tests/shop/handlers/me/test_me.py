"""The caller's own account."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import accounts, users
from handlers import me, tokens
from handlers.contract_types import PasswordChange
from orderly import Caller, ReadSession
from orderly.errors import Unauthenticated
from tests.asgi import Client
from tests.shop.api_helpers import key_of, log_in
from tests.shop.factories import PASSWORD, make_caller, make_session, make_user
from tests.shop.handlers.me.conftest import OTHER


class TestGetMe:
    def test_the_account_of_the_caller(self, sign_in: Callable[..., Client]) -> None:
        alice, _ = sign_in("alice"), sign_in("bob")
        response = alice.get("/v1/me")
        assert (response.status, response.json["email"], response.headers["etag"]) == (200, "alice@example.com", '"1"')
        assert response.headers["cache-control"] == "no-store"
        assert key_of(alice, "me:read").get("/v1/me").json == response.json


class TestUpdateMe:
    def test_a_name_needs_no_password(self, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        response = alice.patch("/v1/me", {"name": "Alicia"})
        assert (response.status, response.json["name"], response.headers["etag"]) == (200, "Alicia", '"2"')
        assert alice.get("/v1/me").json == response.json

    def test_an_address_needs_the_current_password(self, client: Client, sign_in: Callable[..., Client]) -> None:
        alice = sign_in("alice")
        without = alice.patch("/v1/me", {"email": "alicia@example.com"})
        assert (without.status, without.code) == (400, "validation_error")
        wrong = alice.patch("/v1/me", {"email": "alicia@example.com", "current_password": OTHER, "name": "Alicia"})
        assert (wrong.status, wrong.code) == (403, "wrong_password")
        assert alice.get("/v1/me").json["version"] == 1
        right = alice.patch("/v1/me", {"email": "Alicia@EXAMPLE.com", "current_password": PASSWORD})
        assert (right.status, right.json["email"]) == (200, "Alicia@example.com")
        assert log_in(client, email="alicia@example.com").status == 201
        assert log_in(client).code == "invalid_credentials"

    def test_address_of_another_user_is_a_conflict(self, sign_in: Callable[..., Client]) -> None:
        alice, _ = sign_in("alice"), sign_in("charlie")
        response = alice.patch("/v1/me", {"email": "Charlie@example.com", "current_password": PASSWORD, "name": "X"})
        assert (response.status, response.code) == (409, "email_taken")
        assert alice.get("/v1/me").json["name"] == "Alice"


class TestDeletedMeanwhile:
    """The account or session ended after the caller was authenticated."""

    @pytest.fixture
    def gone(self, session: Session) -> Caller:
        alice = make_user(session)
        caller = make_caller(alice, session_id=make_session(session, alice).session.id)
        accounts.erase(session, users.get(session, alice.id, caller))
        session.flush()
        return caller

    @pytest.mark.parametrize("handler", [me.get_me, me.delete_me])
    def test_the_account_is_gone(self, session: Session, gone: Caller, handler: Callable[..., Any]) -> None:
        with pytest.raises(Unauthenticated):
            handler(session=session, caller=gone)

    def test_the_account_is_gone_before_its_name_is_changed(self, session: Session, gone: Caller) -> None:
        with pytest.raises(Unauthenticated):
            me.update_me({"name": "X"}, session=session, reads=ReadSession.within(session), caller=gone)

    def test_the_account_is_gone_before_the_password_is_compared(self, session: Session, gone: Caller) -> None:
        body: PasswordChange = {"current_password": PASSWORD, "new_password": OTHER}
        with pytest.raises(Unauthenticated):
            me.update_my_password(body, session=session, reads=ReadSession.within(session), caller=gone)

    def test_second_sign_out_of_a_session_succeeds(self, session: Session) -> None:
        alice = make_user(session)
        caller = make_caller(alice, session_id=make_session(session, alice).session.id)
        tokens.revoke_current_token(session=session, caller=caller)
        tokens.revoke_current_token(session=session, caller=caller)
