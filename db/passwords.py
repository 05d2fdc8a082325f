"""Passwords: how they are hashed, compared and refused. They are taken byte for byte, spaces and all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from orderly.errors import Invalid, Unavailable
from orderly.pipeline.thread_pool import PASSWORD_QUEUE, PASSWORD_THREADS

QUEUE_TIMEOUT = 2.0
"""Seconds that a hash waits for its turn."""

DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$CWuVXdq+lhndjNpMk2n82A$4kqEReAovmJNsDncyYXFNndf0GV5PmvQxVsesUPD6oo"
"""The hash of a password that was thrown away: an unknown email takes as long as a wrong password."""

COMMON_PASSWORDS = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())
"""The passwords of zxcvbn's list that are long enough to be taken otherwise. The library, whose other lists and guesses
nobody needs here, would take 12 MiB of every process."""

# The second recommendation of OWASP's password storage cheat sheet.
_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
_turns = BoundedSemaphore(PASSWORD_THREADS)
_places = BoundedSemaphore(PASSWORD_THREADS + PASSWORD_QUEUE)


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _turn():
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; without a hash it is not, after the same time."""
    with _turn():
        try:
            return _hasher.verify(password_hash or DUMMY_HASH, password) and password_hash is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_not_common(password: str, pointer: str = "/password") -> None:
    """Refuse a password that is among the first that anybody tries."""
    if password.casefold() in COMMON_PASSWORDS:
        raise Invalid(pointer, "common", "This password is one of the most common ones.")


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Unavailable("too many sign-ins at the same time")
    try:
        if not _turns.acquire(timeout=QUEUE_TIMEOUT):
            raise Unavailable("too many sign-ins at the same time")
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()
