"""What was answered to requests with an Idempotency-Key, kept in the transaction that made what it tells of."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    LargeBinary,
    Row,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, UtcDateTime, now

LIFETIME = timedelta(hours=24)


class KeyInFlight(Exception):
    """Another transaction is handling a request with this key right now."""


class IdempotencyRecord(Base):
    """The answer to the first request with a key; a key belongs to one caller."""

    __tablename__ = "idempotency_records"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """The id of what the answer tells of: it may be of somebody else than the caller, as an order that staff sends."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key of a caller, and the fingerprint of the request that it came with."""

    user_id: str
    key: str
    fingerprint: str


def find(session: Session, claim: Claim) -> Row[Any] | None:
    """The record of a key, if there is one that has not expired; from now on nobody else handles this key.

    On SQLite a write transaction is alone. PostgreSQL has a lock for it that ends with the transaction.

    Raises:
        KeyInFlight: somebody handles it already.
    """
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(f"{claim.user_id} {claim.key}".encode()).digest()[:8], signed=True)
        if not session.connection().execute(_CLAIM, {"number": number}).scalar():
            raise KeyInFlight
    owner = {"user_id": claim.user_id, "key": claim.key}
    record = session.connection().execute(_FIND, owner).first()
    if record is not None and record.created_at <= now() - LIFETIME:
        session.execute(delete(IdempotencyRecord).filter_by(**owner))
        return None
    return record


def keep(
    session: Session, claim: Claim, *, status: int, headers: dict[str, str], body: bytes, subject_id: str | None
) -> None:
    """Keep the answer, in the transaction of what it tells of: both are kept, or neither."""
    values: dict[str, Any] = {"status": status, "headers": headers, "body": body, "subject_id": subject_id}
    session.connection().execute(_KEEP, {**values, **asdict(claim)})


def erase(session: Session, user_id: str, subject_ids: Select[str]) -> None:
    """Forget all answers to a user, and those to anybody that tell of these subjects: they may hold an address."""
    told = IdempotencyRecord.subject_id.in_(subject_ids)
    session.execute(delete(IdempotencyRecord).where(or_(IdempotencyRecord.user_id == user_id, told)))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Forget the records that have expired; how many they were."""
    expired = IdempotencyRecord.created_at <= (at or now()) - LIFETIME
    gone = delete(IdempotencyRecord).where(expired).returning(IdempotencyRecord.key)
    return len(session.scalars(gone).all())


# They run for every request with a key, so they are built once.
_CLAIM = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))
_FIND = select(IdempotencyRecord.__table__).where(
    IdempotencyRecord.user_id == bindparam("user_id"), IdempotencyRecord.key == bindparam("key")
)
_KEEP = insert(IdempotencyRecord)
