"""Answers kept under a key: one for each caller, for a day, in the transaction of what they tell of."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from orderly.clock import now
from orderly.database import idempotency
from orderly.database.idempotency import LIFETIME, IdempotencyKey, IdempotencyRecord, KeyInFlight
from tests.requirements import needing_postgresql
from tests.shop.factories import make_user

SECOND = timedelta(seconds=1)


@pytest.fixture
def claim(session):
    """Alice's key."""
    return IdempotencyKey(make_user(session).id, "her key", "what she asked for")


def keep(session, claim):
    idempotency.keep(session, claim, status=201, headers={"Location": "/v1/x"}, body=b"{}", subject_id=None)


def test_a_new_key_has_no_answer(session, claim):
    assert idempotency.find(session, claim) is None


def test_an_answer_is_kept_as_it_was(session, claim):
    keep(session, claim)
    session.expire_all()
    found = idempotency.find(session, claim)
    assert (found.fingerprint, found.status, found.headers, found.body) == (
        claim.fingerprint,
        201,
        {"Location": "/v1/x"},
        b"{}",
    )


def test_the_same_key_of_somebody_else_is_another_key(session, claim):
    keep(session, claim)
    charlies = IdempotencyKey(make_user(session, "charlie").id, claim.key, claim.fingerprint)
    assert idempotency.find(session, charlies) is None
    keep(session, charlies)


def test_keys_differ_in_case(session, claim):
    keep(session, claim)
    assert idempotency.find(session, IdempotencyKey(claim.user_id, claim.key.upper(), claim.fingerprint)) is None


def test_a_key_is_new_again_after_a_day(session, claim):
    keep(session, claim)
    made = idempotency.find(session, claim).created_at
    with time_machine.travel(made + LIFETIME - SECOND, tick=False):
        assert idempotency.find(session, claim) is not None
    with time_machine.travel(made + LIFETIME, tick=False):
        assert idempotency.find(session, claim) is None
        keep(session, claim)
        assert idempotency.find(session, claim).created_at == made + LIFETIME


def test_what_is_rolled_back_was_never_answered(database):
    with database.writing() as session:
        claim = IdempotencyKey(make_user(session).id, "key", "x")
        session.commit()
        keep(session, claim)
    with database.writing() as session:
        assert idempotency.find(session, claim) is None


# On SQLite a write transaction is alone anyway.
@pytest.mark.parametrize("migrated", [needing_postgresql("postgresql")], indirect=True)
def test_a_key_is_handled_by_one_transaction_at_a_time(database):
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
def test_a_key_that_was_kept_in_this_very_moment_is_not_kept_twice(database):
    with database.writing() as first:
        claim = IdempotencyKey(make_user(first).id, "key", "x")
        first.commit()
        with database.writing(snapshot=True) as second:
            second.scalar(select(func.count()).select_from(IdempotencyRecord))
            assert idempotency.find(first, claim) is None
            keep(first, claim)
            first.commit()
            assert idempotency.find(second, claim) is None
            with pytest.raises(KeyInFlight):
                keep(second, claim)


def test_purge_forgets_what_is_older_than_a_day(session, claim):
    keep(session, claim)
    assert idempotency.purge(session) == 0
    assert idempotency.purge(session, at=now() + LIFETIME) == 1
    assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 0
