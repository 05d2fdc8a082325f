"""Passwords: hashes, comparison and the queue."""

from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from db import passwords
from db.passwords import DUMMY_HASH
from orderly.errors import Invalid, Unavailable
from orderly.pipeline.thread_pool import PASSWORD_QUEUE, PASSWORD_THREADS
from tests.shop.factories import PASSWORD, password_hash


def test_a_hash_is_argon2id_with_the_parameters_of_owasp() -> None:
    assert password_hash().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in password_hash()


def test_the_same_password_never_has_the_same_hash() -> None:
    assert passwords.hash_password(PASSWORD) != passwords.hash_password(PASSWORD)


@pytest.mark.parametrize(
    "other",
    [
        PASSWORD.upper(),
        f" {PASSWORD}",
        f"{PASSWORD} ",
        PASSWORD[:-1],
        "",
    ],
)
def test_only_the_exact_password_matches(other: str) -> None:
    assert passwords.verify(password_hash(), PASSWORD)
    assert not passwords.verify(password_hash(), other)


def test_unknown_account_takes_the_same_work() -> None:
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.needs_rehash(DUMMY_HASH)


def test_unreadable_hash_matches_no_password() -> None:
    assert not passwords.verify("not a hash", PASSWORD)


def test_outdated_hash_verifies_and_needs_a_rehash() -> None:
    older = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash(PASSWORD)
    assert passwords.verify(older, PASSWORD)
    assert passwords.needs_rehash(older)
    assert not passwords.needs_rehash(password_hash())


@pytest.mark.parametrize("common", ["password1234", "PASSWORD1234"])
def test_common_password_is_rejected_without_its_value(common: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_not_common(common, "/new_password")
    [error] = refused.value.errors
    assert (error["pointer"], error["keyword"]) == ("/new_password", "common")
    assert common not in str(error)


def test_hash_after_the_queue_timeout_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "QUEUE_TIMEOUT", 0.01)
    with ExitStack() as busy:
        for _ in range(PASSWORD_THREADS):
            busy.enter_context(passwords._slots)
        with pytest.raises(Unavailable):
            passwords.hash_password(PASSWORD)
    assert passwords.verify(password_hash(), PASSWORD)


def test_full_queue_rejects_a_hash_immediately() -> None:
    with ExitStack() as busy:
        for _ in range(PASSWORD_THREADS + PASSWORD_QUEUE):
            busy.enter_context(passwords._queue)
        with pytest.raises(Unavailable):
            passwords.verify(password_hash(), PASSWORD)
    assert passwords.verify(password_hash(), PASSWORD)


def test_common_passwords_equal_the_long_ones_of_zxcvbn() -> None:
    taken = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 12]
    assert sorted(passwords.COMMON_PASSWORDS) == sorted({word.casefold() for word in taken})
