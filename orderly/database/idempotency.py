"""Idempotency records: responses to requests with an Idempotency-Key.

A record is stored in the transaction of the change that its response describes.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    LargeBinary,
    Row,
    Select,
    String,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from orderly.clock import now
from orderly.database.errors import violates_key
from orderly.database.models import Base, UtcDateTime

LIFETIME = timedelta(hours=24)
"""Age at which a record expires."""


class KeyInFlight(Exception):
    """A key that another transaction is processing now."""


class IdempotencyRecord(Base):
    """The response to the first request with a key of one caller."""

    __tablename__ = "idempotency_records"

    user_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The id of the caller; no foreign key, because the engine does not know the table of users."""
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """The id of the object in the response. Its owner may differ from the caller, as with an order that staff ships."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key of a caller and the fingerprint of its request."""

    user_id: str
    key: str
    fingerprint: str


def find(session: Session, claim: IdempotencyKey) -> Row[Any] | None:
    """Lock a key, and return its unexpired record or None.

    Raises:
        KeyInFlight: another transaction has locked the key.
    """
    owner = {"user_id": claim.user_id, "key": claim.key}
    record = session.connection().execute(_FIND, {**owner, "number": _number(claim)}).one()
    if not record.claimed:
        raise KeyInFlight
    if record.status is None:
        return None
    if record.created_at <= now() - LIFETIME:
        session.execute(delete(IdempotencyRecord).filter_by(**owner))
        return None
    return record


def keep(
    session: Session,
    claim: IdempotencyKey,
    *,
    status: int,
    headers: dict[str, str],
    body: bytes,
    subject_id: str | None,
) -> None:
    """Store a response in the transaction of the change that it describes.

    Both are committed, or neither.

    Raises:
        KeyInFlight: another transaction committed a record after `find` looked for one and before it locked the key.
    """
    values: dict[str, Any] = {"status": status, "headers": headers, "body": body, "subject_id": subject_id}
    try:
        session.connection().execute(_KEEP, {**values, **asdict(claim)})
    except IntegrityError as error:
        if violates_key(error, IdempotencyRecord.__tablename__):
            raise KeyInFlight from error
        raise


def erase(session: Session, user_id: str, subject_ids: Select[str]) -> None:
    """Delete all records of a user, and all records about these subjects.

    The latter may belong to another caller, and may contain an address of the user.
    """
    concerns_subject = IdempotencyRecord.subject_id.in_(subject_ids)
    session.execute(delete(IdempotencyRecord).where(or_(IdempotencyRecord.user_id == user_id, concerns_subject)))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Delete expired records, and return their number."""
    expired = IdempotencyRecord.created_at <= (at or now()) - LIFETIME
    deletion = delete(IdempotencyRecord).where(expired).returning(IdempotencyRecord.key)
    return len(session.scalars(deletion).all())


class _Claimed(FunctionElement[bool]):
    """SQL expression that locks a key until the transaction ends.

    It is false if another transaction holds the lock.
    """

    type = Boolean()
    inherit_cache = True


@compiles(_Claimed, "postgresql")
def _lock(element: _Claimed, compiler: SQLCompiler, **options: Any) -> str:
    return f"pg_try_advisory_xact_lock({compiler.process(element.clauses, **options)})"


@compiles(_Claimed, "sqlite")
def _always(*_: Any, **__: Any) -> str:
    return "1"  # SQLite has one write transaction at a time


def _number(claim: IdempotencyKey) -> int:
    return int.from_bytes(sha256(f"{claim.user_id} {claim.key}".encode()).digest()[:8], signed=True)


# These run for every request with a key, so they are built once.
_TABLE = IdempotencyRecord.__table__
_OWN = and_(_TABLE.c.user_id == bindparam("user_id"), _TABLE.c.key == bindparam("key"))
_CLAIM = select(_Claimed(bindparam("number", type_=BigInteger)).label("claimed")).subquery("claim")
_FIND = select(_CLAIM.c.claimed, _TABLE).select_from(_CLAIM.outerjoin(_TABLE, _OWN))
_KEEP = insert(IdempotencyRecord)
