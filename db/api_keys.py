"""API keys: what programs sign in with, on behalf of their owner."""

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
    """A key never does more than the credential that makes it."""

    code = "scope_not_held"


class ExpiryPassed(Conflict):
    """A key that would never work."""

    code = "expiry_passed"


class ApiKey(Base):
    """A key, known by its beginning and the hash of the whole."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(11), index=True)
    """What the key begins with, `ok_` and eight characters of its id: enough to recognise it."""
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def expire_by(self, at: datetime) -> None:
        """Expire at a time, if not sooner."""
        self.expires_at = min(self.expires_at or at, at)


class CreatedApiKey(NamedTuple):
    """A key and its secret, which only its holder knows from now on."""

    key: ApiKey
    secret: str


class ApiKeyStatus(NamedTuple):
    """What is true at this moment of a key and its owner."""

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
    """A new key of the caller; `ScopeNotHeld` if it could do more than he can, `ExpiryPassed` if it never works."""
    at = at or now()
    if expires_at is not None and expires_at <= at:
        raise ExpiryPassed
    wanted = sorted(set(scopes))
    if not caller.scopes.issuperset(wanted):
        raise ScopeNotHeld
    key_id = new_id("key")
    secret = make_secret(key_id)
    key = ApiKey(id=key_id, user_id=caller.id, name=name, prefix=_prefix(secret), secret_hash=_hash(secret))
    key.scopes, key.created_at, key.expires_at = wanted, at, expires_at
    session.add(key)
    session.flush()
    return CreatedApiKey(key, secret)


def rotate(
    session: Session, key: ApiKey, caller: Caller, *, overlap: timedelta, at: datetime | None = None
) -> CreatedApiKey:
    """A new key like an old one, which ends after the overlap at the latest."""
    at = at or now()
    made = create(session, caller, name=key.name, scopes=key.scopes, expires_at=key.expires_at, at=at)
    key.expire_by(at + overlap)
    session.flush()
    return made


def visible_to(caller: Caller) -> Select[ApiKey]:
    """The caller's own keys that are not revoked; nobody sees those of others."""
    return select(ApiKey).where(ApiKey.user_id == caller.id, ApiKey.revoked_at.is_(None))


def unexpired(statement: Select[ApiKey], *, at: datetime | None = None) -> Select[ApiKey]:
    """Those of the keys that still work."""
    return statement.where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > (at or now())))


def get(session: Session, key_id: str, caller: Caller) -> ApiKey:
    """One key of the caller, locked until the commit."""
    return _one(session, visible_to(caller), key_id)


def get_unexpired(session: Session, key_id: str, caller: Caller, *, at: datetime | None = None) -> ApiKey:
    """One key of the caller that still works."""
    return _one(session, unexpired(visible_to(caller), at=at), key_id)


def revoke(session: Session, key_id: str, caller: Caller) -> None:
    """End one key of the caller; `NotFound` if it is ended."""
    get(session, key_id, caller).revoked_at = now()
    session.flush()


def erase(session: Session, user_id: str) -> None:
    """Forget all keys of a user."""
    session.execute(delete(ApiKey).where(ApiKey.user_id == user_id))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Forget the keys that have expired or were revoked; how many they were."""
    ended = or_(ApiKey.revoked_at.is_not(None), ApiKey.expires_at <= (at or now()))
    return len(session.scalars(delete(ApiKey).where(ended).returning(ApiKey.id)).all())


def find_status(session: HasConnection, secret: str, *, at: datetime | None = None) -> ApiKeyStatus | None:
    """The key of a secret and its owner; None if there is none, it has ended or the owner is not active."""
    if not well_formed(secret):
        return None
    for row in session.connection().execute(_KEY_STATUS, {"prefix": _prefix(secret), "at": at or now()}):
        if compare_digest(row.secret_hash, _hash(secret)):
            return ApiKeyStatus(row.id, row.user_id, row.role, frozenset(row.scopes), row.last_used_at)
    return None


def needs_last_used_update(state: ApiKeyStatus, *, at: datetime | None = None) -> bool:
    """Whether the use of a key is worth writing down: it is kept to the minute."""
    return state.last_used_at is None or state.last_used_at < _minute(at or now())


def touch(session: Session, key_id: str, *, at: datetime | None = None) -> None:
    """Write down the minute in which a key was used."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=_minute(at or now())))


def make_secret(key_id: str) -> str:
    """A new secret: `ok_`, the end of the id, 32 random characters and six of checksum."""
    # The end of a TypeID is random; its beginning is the time, which keys made together have in common.
    body = f"ok_{key_id[-8:]}_{''.join(secrets.choice(BASE62) for _ in range(RANDOM))}"
    return body + _checksum(body)


def well_formed(secret: str) -> bool:
    """Whether a text can be a key at all, told without a look-up."""
    return bool(FORM.fullmatch(secret)) and compare_digest(_checksum(secret[:-CHECKSUM]), secret[-CHECKSUM:])


def _one(session: Session, statement: Select[ApiKey], key_id: str) -> ApiKey:
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
"""Runs in every request with a key, so it is built once."""
