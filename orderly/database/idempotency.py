"""What was answered to requests with an Idempotency-Key, kept in the transaction that made what it tells of."""

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


class KeyInFlight(Exception):
    """Another transaction is handling a request with this key right now."""


class IdempotencyRecord(Base):
    """The answer to the first request with a key; a key belongs to one caller."""

    __tablename__ = "idempotency_records"

    user_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The id of the caller, whose table the engine does not know."""
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """The id of what the answer tells of: it may be of somebody else than the caller, as an order that staff sends."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key of a caller, and the fingerprint of the request that it came with."""

    user_id: str
    key: str
    fingerprint: str


def find(session: Session, claim: IdempotencyKey) -> Row[Any] | None:
    """The record of a key, if there is one that has not expired; from now on nobody else handles this key.

    Raises:
        KeyInFlight: somebody handles it already.
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
    """Keep the answer, in the transaction of what it tells of: both are kept, or neither.

    Raises:
        KeyInFlight: somebody handled it, and committed between the look for a record and the claim of the key.
    """
    values: dict[str, Any] = {"status": status, "headers": headers, "body": body, "subject_id": subject_id}
    try:
        session.connection().execute(_KEEP, {**values, **asdict(claim)})
    except IntegrityError as error:
        if violates_key(error, IdempotencyRecord.__tablename__):
            raise KeyInFlight from error
        raise


def erase(session: Session, user_id: str, subject_ids: Select[str]) -> None:
    """Forget all answers to a user, and those to anybody that tell of these subjects: they may hold an address."""
    concerns_subject = IdempotencyRecord.subject_id.in_(subject_ids)
    session.execute(delete(IdempotencyRecord).where(or_(IdempotencyRecord.user_id == user_id, concerns_subject)))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Forget the records that have expired; how many they were."""
    expired = IdempotencyRecord.created_at <= (at or now()) - LIFETIME
    gone = delete(IdempotencyRecord).where(expired).returning(IdempotencyRecord.key)
    return len(session.scalars(gone).all())


class _Claimed(FunctionElement[bool]):
    """Whether nobody else handles the key of this number, from now on until the end of the transaction."""

    type = Boolean()
    inherit_cache = True


@compiles(_Claimed, "postgresql")
def _lock(element: _Claimed, compiler: SQLCompiler, **given: Any) -> str:
    return f"pg_try_advisory_xact_lock({compiler.process(element.clauses, **given)})"


@compiles(_Claimed, "sqlite")
def _is_alone(*_: Any, **__: Any) -> str:
    return "1"  # as every write transaction is


def _number(claim: IdempotencyKey) -> int:
    return int.from_bytes(sha256(f"{claim.user_id} {claim.key}".encode()).digest()[:8], signed=True)


# They run for every request with a key, so they are built once.
_TABLE = IdempotencyRecord.__table__
_OWN = and_(_TABLE.c.user_id == bindparam("user_id"), _TABLE.c.key == bindparam("key"))
_CLAIM = select(_Claimed(bindparam("number", type_=BigInteger)).label("claimed")).subquery("claim")
_FIND = select(_CLAIM.c.claimed, _TABLE).select_from(_CLAIM.outerjoin(_TABLE, _OWN))
_KEEP = insert(IdempotencyRecord)
