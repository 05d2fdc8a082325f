"""API keys: credentials of programs that act for their owner."""

import re
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import JSON, ForeignKey, Select, String, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.users import ACTIVE, User
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.connections import HasConnection
from orderly.database.models import Base, UtcDateTime
from orderly.errors import Conflict, Forbidden, require

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM, CHECKSUM = 32, 6
FORM = re.compile(r"ok_[0-9a-z]{8}_[0-9A-Za-z]{38}")


class ScopeNotHeld(Forbidden):
    """A key cannot have a scope that its creator lacks."""

    code = "scope_not_held"


class ExpiryPassed(Conflict):
    """A new key cannot have an expiry in the past."""

    code = "expiry_passed"


class ApiKey(Base):
    """An API key, stored as a prefix and a hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(11), index=True)
    """The beginning of the secret: `ok_` and eight characters of the id, for recognition and look-up."""
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def expire_by(self, at: datetime) -> None:
        """Set the expiry to a time, unless it is earlier already."""
        self.expires_at = min(self.expires_at or at, at)


class CreatedApiKey(NamedTuple):
    """A new key and its secret; the database has only a hash."""

    key: ApiKey
    secret: str


class ApiKeyStatus(NamedTuple):
    """The current state of a key and its owner."""

    key_id: str
    user_id: str
    role: str
    scopes: frozenset[str]
    last_used_at: datetime | None


def create(
    session: Session,
    caller: Caller,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> CreatedApiKey:
    """Create a key of the caller.

    Raises:
        ScopeNotHeld: the caller lacks one of the scopes.
        ExpiryPassed: the expiry is in the past.
    """
    at = at or now()
    if expires_at is not None and expires_at <= at:
        raise ExpiryPassed
    key_scopes = sorted(set(scopes))
    if not caller.scopes.issuperset(key_scopes):
        raise ScopeNotHeld
    key_id = new_id("key")
    secret = make_secret(key_id)
    key = ApiKey(id=key_id, user_id=caller.id, name=name, prefix=_prefix(secret), secret_hash=_hash(secret))
    key.scopes, key.created_at, key.expires_at = key_scopes, at, expires_at
    session.add(key)
    session.flush()
    return CreatedApiKey(key, secret)


def rotate(
    session: Session, key: ApiKey, caller: Caller, *, overlap: timedelta, at: datetime | None = None
) -> CreatedApiKey:
    """Create a copy of a key with a new secret.

    The old key expires after the overlap.
    """
    at = at or now()
    created = create(session, caller, name=key.name, scopes=key.scopes, expires_at=key.expires_at, at=at)
    key.expire_by(at + overlap)
    session.flush()
    return created


def visible_to(caller: Caller) -> Select[ApiKey]:
    """Return a query for the caller's own keys that are not revoked."""
    return select(ApiKey).where(ApiKey.user_id == caller.id, ApiKey.revoked_at.is_(None))


def unexpired(statement: Select[ApiKey], *, at: datetime | None = None) -> Select[ApiKey]:
    """Restrict a query to unexpired keys."""
    return statement.where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > (at or now())))


def get(session: Session, key_id: str, caller: Caller) -> ApiKey:
    """Return a key of the caller, locked until the commit.

    Raises:
        NotFound: the caller has no such key.
    """
    return _get_locked(session, visible_to(caller), key_id)


def get_unexpired(session: Session, key_id: str, caller: Caller, *, at: datetime | None = None) -> ApiKey:
    """Return an unexpired key of the caller, locked until the commit.

    Raises:
        NotFound: the caller has no such key.
    """
    return _get_locked(session, unexpired(visible_to(caller), at=at), key_id)


def revoke(session: Session, key_id: str, caller: Caller) -> None:
    """Revoke a key of the caller.

    Raises:
        NotFound: the caller has no such key, or it was revoked before.
    """
    get(session, key_id, caller).revoked_at = now()
    session.flush()


def erase(session: Session, user_id: str) -> None:
    """Delete all keys of a user."""
    session.execute(delete(ApiKey).where(ApiKey.user_id == user_id))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Delete expired and revoked keys, and return their number."""
    ended = or_(ApiKey.revoked_at.is_not(None), ApiKey.expires_at <= (at or now()))
    return len(session.scalars(delete(ApiKey).where(ended).returning(ApiKey.id)).all())


def find_status(session: HasConnection, secret: str, *, at: datetime | None = None) -> ApiKeyStatus | None:
    """Return the status of a secret's key, or None.

    None means that there is no such key, that it has expired or was revoked, or that its owner is not active.
    """
    if not well_formed(secret):
        return None
    for row in session.connection().execute(_KEY_STATUS, {"prefix": _prefix(secret), "at": at or now()}):
        if compare_digest(row.secret_hash, _hash(secret)):
            return ApiKeyStatus(row.id, row.user_id, row.role, frozenset(row.scopes), row.last_used_at)
    return None


def needs_last_used_update(status: ApiKeyStatus, *, at: datetime | None = None) -> bool:
    """Return whether `last_used_at`, kept to the minute, needs an update."""
    return status.last_used_at is None or status.last_used_at < _minute(at or now())


def touch(session: Session, key_id: str, *, at: datetime | None = None) -> None:
    """Set `last_used_at` of a key to the current minute."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=_minute(at or now())))


def make_secret(key_id: str) -> str:
    """Return a new secret for a key.

    It consists of `ok_`, the end of the id, 32 random characters and a checksum of six characters.
    """
    # The end of a TypeID is random. Its beginning is a time, which keys created together share.
    body = f"ok_{key_id[-8:]}_{''.join(secrets.choice(BASE62) for _ in range(RANDOM))}"
    return body + _checksum(body)


def well_formed(secret: str) -> bool:
    """Return whether a text has the form of a secret.

    The check includes the checksum and needs no query.
    """
    return bool(FORM.fullmatch(secret)) and compare_digest(_checksum(secret[:-CHECKSUM]), secret[-CHECKSUM:])


def _get_locked(session: Session, statement: Select[ApiKey], key_id: str) -> ApiKey:
    return require(session.scalar(statement.where(ApiKey.id == key_id).with_for_update()))


def _checksum(body: str) -> str:
    rest, digits = crc32(body.encode()), ""
    for _ in range(CHECKSUM):
        rest, digit = divmod(rest, len(BASE62))
        digits = BASE62[digit] + digits
    return digits


def _prefix(secret: str) -> str:
    return secret[: len("ok_") + 8]


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


_KEY_STATUS = (
    select(ApiKey.id, ApiKey.user_id, ApiKey.secret_hash, ApiKey.scopes, ApiKey.last_used_at, User.role)
    .join(User, User.id == ApiKey.user_id)
    .where(ApiKey.prefix == bindparam("prefix"), ApiKey.revoked_at.is_(None), User.status == ACTIVE)
    .where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("at")))
)
"""The statement of every request with a key, built once."""
