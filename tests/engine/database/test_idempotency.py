"""Responses that are kept for a day under a caller's key."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from orderly.clock import now
from orderly.database import idempotency
from orderly.database.database import Database
from orderly.database.idempotency import LIFETIME, IdempotencyKey, IdempotencyRecord, KeyInFlight
from tests.requirements import needing_postgresql

SECOND = timedelta(seconds=1)


@pytest.fixture
def claim(session: Session) -> IdempotencyKey:
    """A key of alice."""
    return IdempotencyKey("usr_alice", "key", "fingerprint")


def keep(session: Session, claim: IdempotencyKey) -> None:
    idempotency.keep(session, claim, status=201, headers={"Location": "/v1/x"}, body=b"{}", subject_id=None)


def created_at(session: Session, claim: IdempotencyKey) -> datetime:
    found = idempotency.find(session, claim)
    assert found is not None
    return found.created_at


def test_a_new_key_has_no_response(session: Session, claim: IdempotencyKey) -> None:
    assert idempotency.find(session, claim) is None


def test_a_response_is_kept_as_it_was(session: Session, claim: IdempotencyKey) -> None:
    keep(session, claim)
    session.expire_all()
    found = idempotency.find(session, claim)
    assert found is not None
    assert (found.fingerprint, found.status, found.headers, found.body) == (
        claim.fingerprint,
        201,
        {"Location": "/v1/x"},
        b"{}",
    )


def test_keys_differ_in_case(session: Session, claim: IdempotencyKey) -> None:
    keep(session, claim)
    assert idempotency.find(session, IdempotencyKey(claim.user_id, claim.key.upper(), claim.fingerprint)) is None


def test_a_key_is_new_again_after_a_day(session: Session, claim: IdempotencyKey) -> None:
    keep(session, claim)
    made = created_at(session, claim)
    with time_machine.travel(made + LIFETIME - SECOND, tick=False):
        assert idempotency.find(session, claim) is not None
    with time_machine.travel(made + LIFETIME, tick=False):
        assert idempotency.find(session, claim) is None
        keep(session, claim)
        assert created_at(session, claim) == made + LIFETIME


# On SQLite a write transaction is alone anyway.
@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_a_key_is_handled_by_one_transaction_at_a_time(database: Database) -> None:
    with database.writing() as first, database.writing() as second:
        claim, other = IdempotencyKey("usr_1", "key", "x"), IdempotencyKey("usr_1", "other", "x")
        idempotency.find(first, claim)
        with pytest.raises(KeyInFlight):
            idempotency.find(second, claim)
        idempotency.find(second, other)
        first.rollback()
        assert idempotency.find(second, claim) is None


# A transaction that has seen the table before the other one committed does not find its record, at any isolation.
@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_a_key_kept_at_the_same_moment_is_in_flight(database: Database) -> None:
    with database.writing() as first:
        claim = IdempotencyKey("usr_alice", "key", "x")
        with database.writing(snapshot=True) as second:
            second.scalar(select(func.count()).select_from(IdempotencyRecord))
            assert idempotency.find(first, claim) is None
            keep(first, claim)
            first.commit()
            assert idempotency.find(second, claim) is None
            with pytest.raises(KeyInFlight):
                keep(second, claim)


def test_purge_deletes_responses_of_yesterday(session: Session, claim: IdempotencyKey) -> None:
    keep(session, claim)
    assert idempotency.purge(session) == 0
    assert idempotency.purge(session, at=now() + LIFETIME) == 1
    assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0
