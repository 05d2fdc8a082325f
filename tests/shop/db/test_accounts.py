"""The deletion of an account."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db import accounts
from db.api_keys import ApiKey
from db.sessions import RefreshToken, UserSession
from db.users import User
from orderly.database import idempotency
from orderly.database.idempotency import IdempotencyKey, IdempotencyRecord
from tests.shop.factories import make_key, make_session, make_user


class TestErase:
    def test_personal_data_is_deleted_and_the_row_kept(self, session: Session) -> None:
        alice = make_user(session)
        make_session(session, alice, user_agent="Alice's Firefox")
        make_key(session, alice, name="Alice's laptop")
        key, body = IdempotencyKey(alice.id, "key", "x"), b'{"name": "Alice"}'
        idempotency.keep(session, key, status=201, headers={}, body=body, subject_id=None)
        accounts.erase(session, alice)
        for table in (UserSession, RefreshToken, ApiKey, IdempotencyRecord):
            assert session.execute(select(table)).all() == []
        row = session.execute(text("SELECT * FROM users")).one()
        assert "alice" not in str(row).lower()
        assert (alice.id, alice.status, alice.version) == (row.id, "erased", 2)

    def test_two_accounts_can_be_erased(self, session: Session) -> None:
        for name in ("alice", "charlie"):
            accounts.erase(session, make_user(session, name))
        assert session.scalars(select(User.email)).all() == [None, None]
