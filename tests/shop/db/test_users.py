"""Accounts, addresses and the last admin."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import accounts, users
from db.users import EmailTaken, LastAdmin, User
from orderly.database.database import Database
from orderly.errors import Invalid
from tests.shop.factories import make_user, password_hash

STAFF_SCOPES = frozenset({"me:read", "users:read"})


def names(session: Session, statement: Any) -> set[Any]:
    return {user.name for user in session.scalars(statement)}


@pytest.mark.parametrize(("length", "is_taken"), [(64, True), (65, False)])
def test_a_new_address_has_64_octets_before_the_at(session: Session, length: int, is_taken: bool) -> None:
    email = f"{'a' * length}@example.com"
    alice = make_user(session)
    for take in (
        partial(make_user, session, "charlie", email=f"c{email[1:]}"),
        partial(alice.change_email, session, email),
    ):
        with nullcontext() if is_taken else pytest.raises(Invalid):
            take()


class TestCreate:
    def test_concurrent_sign_ups_with_one_address_create_one(self, database: Database) -> None:
        together = Barrier(2)

        def sign_up(name: Any) -> bool:
            together.wait()
            with database.writing() as session:
                try:
                    make_user(session, name, email="one@example.com")
                except EmailTaken:
                    return False
                session.commit()
                return True

        password_hash()
        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(sign_up, ("alice", "charlie"))) == [False, True]

    def test_case_of_the_own_address_can_change(self, session: Session) -> None:
        alice = make_user(session)
        alice.change_email(session, "ALICE@example.com")
        assert alice.email == "ALICE@example.com"


class TestLastAdmin:
    def test_a_disabled_admin_does_not_count(self, session: Session) -> None:
        carol, dave = make_user(session, "carol"), make_user(session, "dave", role="admin")
        accounts.disable(session, dave)
        with pytest.raises(LastAdmin):
            carol.change_role(session, "customer")

    def test_two_admins_cannot_demote_each_other(self, database: Database) -> None:
        with database.writing() as session:
            admins = [make_user(session, name, role="admin").id for name in ("carol", "dave")]
            session.commit()
        together = Barrier(2)

        def demote(user_id: Any) -> str:
            with database.writing() as session:
                if not database.is_sqlite:  # where a write transaction excludes others from its beginning
                    user = session.get_one(User, user_id)
                    together.wait()
                try:
                    user = session.get_one(User, user_id)
                    user.change_role(session, "staff")
                except LastAdmin:
                    return "last_admin"
                session.commit()
                return "demoted"

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(demote, admins)) == ["demoted", "last_admin"]


class TestCredentials:
    def test_changed_password_invalidates_its_record(self, session: Session) -> None:
        alice = make_user(session)
        verified = users.get_password_record(session, alice.id)
        assert users.lock_if_unchanged(session, verified) is alice
        accounts.change_password(session, alice, "another", but=None)
        assert users.lock_if_unchanged(session, verified) is None

    def test_accounts_are_found_by_address(self, session: Session) -> None:
        alice = make_user(session)
        assert users.find_by_email(session, "Alice@EXAMPLE.com") is alice
        assert users.find_by_email(session, "charlie@example.com") is None

    def test_an_invalid_address_finds_no_erased_account(self, session: Session) -> None:
        accounts.erase(session, make_user(session))
        assert users.find_by_email(session, "no address") is None


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("role = 'emperor'", "ck_users_role"),
        ("status = 'asleep'", "ck_users_status"),
        ("email = NULL", "ck_users_erased"),
        ("name = NULL", "ck_users_erased"),
        ("status = 'erased'", "ck_users_erased"),
    ],
)
def test_table_rejects_invalid_rows(session: Session, change: str, constraint: str) -> None:
    make_user(session)
    with pytest.raises(IntegrityError, match=constraint):
        session.execute(text(f"UPDATE users SET {change}"))  # noqa: S608  # the test's own words
