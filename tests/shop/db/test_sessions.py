"""Sessions and the rotation of their refresh tokens."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import sessions
from db.sessions import GRACE, IDLE, LIFETIME, InvalidToken, RefreshToken, TokenReused
from orderly.clock import now
from tests.shop.factories import make_caller, make_session, make_user

SECOND = timedelta(seconds=1)


class TestRotate:
    def test_a_token_has_256_bits_and_only_its_hash_is_kept(self, session: Session) -> None:
        token = make_session(session).refresh_token
        assert len(token) == 43
        assert token not in session.scalars(select(RefreshToken.hash)).all()

    def test_after_the_grace_a_reuse_ends_the_session(self, session: Session) -> None:
        family, first = make_session(session)
        at = now()
        second = sessions.rotate(session, first, at=at).refresh_token
        later = at + GRACE + SECOND
        with pytest.raises(TokenReused):
            sessions.rotate(session, first, at=later)
        assert family.revoked_at == later
        with pytest.raises(InvalidToken):
            sessions.rotate(session, second, at=later)

    def test_clock_set_back_does_not_extend_the_grace(self, session: Session) -> None:
        at = now()
        first = make_session(session, at=at).refresh_token
        sessions.rotate(session, first, at=at)
        with pytest.raises(TokenReused):
            sessions.rotate(session, first, at=at - GRACE - SECOND)

    def test_unused_session_ends_after_fourteen_days(self, session: Session) -> None:
        at = now()
        token = make_session(session, at=at).refresh_token
        with pytest.raises(InvalidToken):
            sessions.rotate(session, token, at=at + IDLE)
        sessions.rotate(session, token, at=at + IDLE - SECOND)

    def test_used_session_ends_after_thirty_days(self, session: Session) -> None:
        at = now()
        family, token = make_session(session, at=at)
        for days in (10, 20, 29):
            token = sessions.rotate(session, token, at=at + timedelta(days=days)).refresh_token
        with pytest.raises(InvalidToken):
            sessions.rotate(session, token, at=at + LIFETIME)
        assert family.expires_at == at + LIFETIME


class TestSessionStatus:
    def test_status_is_current(self, session: Session) -> None:
        bob = make_user(session, "bob")
        family = make_session(session, bob).session
        assert sessions.find_session_status(session, family.id, bob.id) == ("staff", "active")
        bob.change_role(session, "customer")
        assert sessions.find_session_status(session, family.id, bob.id) == ("customer", "active")

    def test_expired_session_has_no_status(self, session: Session) -> None:
        alice = make_user(session)
        family = make_session(session, alice).session
        with time_machine.travel(family.expires_at, tick=False):
            assert sessions.find_session_status(session, family.id, alice.id) is None


class TestVisibleTo:
    def test_alice_sees_her_own_sessions_that_have_not_ended(self, session: Session) -> None:
        alice, at = make_user(session), now()
        make_session(session, make_user(session, "bob"))
        make_session(session, alice, at=at - IDLE)
        make_session(session, alice, at=at - LIFETIME)
        revoked = make_session(session, alice).session
        sessions.revoke(session, revoked.id, make_caller(alice))
        here = make_session(session, alice, user_agent="Firefox").session
        assert session.scalars(sessions.visible_to(make_caller(alice), at=at)).all() == [here]


class TestPurge:
    def test_only_ended_sessions_and_their_tokens_are_deleted(self, session: Session) -> None:
        alice, at = make_user(session), now()
        kept = make_session(session, alice).session
        make_session(session, alice, at=at - IDLE)
        revoked = make_session(session, alice).session
        sessions.revoke(session, revoked.id, make_caller(alice))
        assert sessions.purge(session, at=at) == 2
        assert session.scalars(select(RefreshToken.session_id)).all() == [kept.id]
        assert sessions.purge(session, at=at) == 0
