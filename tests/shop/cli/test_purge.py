"""`orderly purge`: what has expired is forgotten, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import func, select

from db.api_keys import ApiKey
from db.sessions import UserSession
from orderly.clock import now
from orderly.database.database import Database
from tests.commands import CommandResult
from tests.shop.factories import make_key, make_session, make_user


def count(database: Database, table: type[Any]) -> Any:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_only_expired_rows_are_deleted(orderly: Callable[..., CommandResult], migrated_shop: Database) -> None:
    with migrated_shop.writing() as session:
        alice = make_user(session)
        with time_machine.travel(now() - timedelta(days=400), tick=False):
            make_session(session, alice)
            make_key(session, alice, expires_at=now() + timedelta(days=1))
        make_session(session, alice)
        make_key(session, alice)
        session.commit()
    result = orderly("purge")
    assert (result.code, result.err) == (0, "")
    assert result.out == "Deleted: 1 sessions and their tokens, 1 API keys, 0 idempotency records.\n"
    assert count(migrated_shop, UserSession) == count(migrated_shop, ApiKey) == 1
    assert "Deleted: 0 sessions and their tokens, 0 API keys" in orderly("purge").out
