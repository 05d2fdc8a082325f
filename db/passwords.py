"""Passwords: hashing, verification and common passwords.

A password is used byte for byte, including its spaces.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from orderly.errors import Invalid, Unavailable
from orderly.pipeline.thread_pool import PASSWORD_QUEUE, PASSWORD_THREADS

QUEUE_TIMEOUT = 2.0
"""Seconds a hash may wait for a slot; then 503."""

DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$CWuVXdq+lhndjNpMk2n82A$4kqEReAovmJNsDncyYXFNndf0GV5PmvQxVsesUPD6oo"
"""The hash of an unknown password, which makes an unknown email address take as long as a wrong password."""

COMMON_PASSWORDS = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())
"""The passwords in the list of zxcvbn that are long enough to be accepted otherwise. The library, with other lists and
estimates, would take 12 MiB in every process."""

# The second recommendation of OWASP's password storage cheat sheet.
_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
_slots = BoundedSemaphore(PASSWORD_THREADS)
_queue = BoundedSemaphore(PASSWORD_THREADS + PASSWORD_QUEUE)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _slot():
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Return whether a password matches a hash.

    Without a hash the result is False, after the same time.
    """
    with _slot():
        try:
            return _hasher.verify(password_hash or DUMMY_HASH, password) and password_hash is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Return whether the parameters of a hash are outdated."""
    return _hasher.check_needs_rehash(password_hash)


def check_not_common(password: str, pointer: str = "/password") -> None:
    """Check that a password is not a common one.

    Raises:
        Invalid: the password is in the list of common passwords.
    """
    if password.casefold() in COMMON_PASSWORDS:
        raise Invalid(pointer, "common", "This password is one of the most common ones.")


@contextmanager
def _slot() -> Iterator[None]:
    if not _queue.acquire(blocking=False):
        raise Unavailable("too many sign-ins at the same time")
    try:
        if not _slots.acquire(timeout=QUEUE_TIMEOUT):
            raise Unavailable("too many sign-ins at the same time")
        try:
            yield
        finally:
            _slots.release()
    finally:
        _queue.release()
