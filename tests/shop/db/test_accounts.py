"""A whole account: what ends, what stays and what is forgotten with it."""

import pytest
from sqlalchemy import select, text

from db import accounts, api_keys, sessions, users
from db.api_keys import ApiKey
from db.sessions import InvalidToken, RefreshToken, UserSession
from db.users import LastAdmin, User
from orderly.database import idempotency
from orderly.database.idempotency import IdempotencyKey, IdempotencyRecord
from tests.shop.factories import make_key, make_session, make_user


class TestChangePassword:
    def test_all_sessions_but_the_one_that_asked_end(self, session):
        alice, charlie = make_user(session), make_user(session, "charlie")
        here, there, others = (make_session(session, user) for user in (alice, alice, charlie))
        accounts.change_password(session, alice, "new hash", but=here.session.id)
        assert (alice.password_hash, alice.version) == ("new hash", 2)
        for kept in (here, others):
            sessions.rotate(session, kept.refresh_token)
        with pytest.raises(InvalidToken):
            sessions.rotate(session, there.refresh_token)

    def test_keys_stay(self, session):
        alice = make_user(session)
        secret = make_key(session, alice).secret
        accounts.change_password(session, alice, "new hash", but=None)
        assert api_keys.find_status(session, secret) is not None


class TestDisable:
    def test_it_ends_all_sessions_and_twice_is_once(self, session):
        alice = make_user(session)
        token = make_session(session, alice).refresh_token
        accounts.disable(session, alice)
        accounts.disable(session, alice)
        assert (alice.status, alice.version) == ("disabled", 2)
        with pytest.raises(InvalidToken):
            sessions.rotate(session, token)

    def test_the_last_admin_stays(self, session):
        carol = make_user(session, "carol")
        with pytest.raises(LastAdmin):
            accounts.disable(session, carol)
        make_user(session, "dave", role="admin")
        accounts.disable(session, carol)

    def test_enabling_an_active_account_changes_nothing(self, session):
        alice = make_user(session)
        accounts.enable(session, alice)
        assert (alice.status, alice.version) == ("active", 1)


class TestErase:
    def test_nothing_personal_stays_and_the_row_does(self, session):
        alice = make_user(session)
        make_session(session, alice, user_agent="Alice's Firefox")
        make_key(session, alice, name="Alice's laptop")
        reported = {"status": 201, "headers": {}, "body": b'{"name": "Alice"}', "subject_id": None}
        idempotency.keep(session, IdempotencyKey(alice.id, "key", "x"), **reported)
        accounts.erase(session, alice)
        for table in (UserSession, RefreshToken, ApiKey, IdempotencyRecord):
            assert session.execute(select(table)).all() == []
        row = session.execute(text("SELECT * FROM users")).one()
        assert "alice" not in str(row).lower()
        assert (alice.id, alice.status, alice.version) == (row.id, "erased", 2)

    def test_the_address_is_free_again(self, session):
        accounts.erase(session, make_user(session))
        assert make_user(session).email == "alice@example.com"

    def test_others_keep_what_is_theirs(self, session):
        charlie = make_user(session, "charlie")
        token, secret = make_session(session, charlie).refresh_token, make_key(session, charlie).secret
        accounts.erase(session, make_user(session))
        sessions.rotate(session, token)
        assert api_keys.find_status(session, secret) is not None

    def test_the_last_admin_stays(self, session):
        carol = make_user(session, "carol")
        with pytest.raises(LastAdmin):
            accounts.erase(session, carol)
        assert users.find_by_email(session, "carol@example.com") is carol

    def test_two_erased_accounts_do_not_stand_in_each_others_way(self, session):
        for name in ("alice", "charlie"):
            accounts.erase(session, make_user(session, name))
        assert session.scalars(select(User.email)).all() == [None, None]
