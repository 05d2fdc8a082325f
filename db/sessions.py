"""Sessions: families of refresh tokens with at most one live token."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Select, String, and_, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.users import ACTIVE, User
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.connections import HasConnection
from orderly.database.models import Base, UtcDateTime
from orderly.errors import Unauthenticated, require

USER_AGENT = 200
"""Characters of the User-Agent header that are stored."""
LIFETIME = timedelta(days=30)
"""Age at which a session ends."""
IDLE = timedelta(days=14)
"""Time without a refresh after which a session ends."""
GRACE = timedelta(seconds=10)
"""Time in which a used token is accepted again, for a client that lost the response."""


class InvalidToken(Unauthenticated):
    """The credential is unknown, expired or revoked; the response is the same."""

    code = "invalid_token"


class TokenReused(Unauthenticated):
    """A refresh token was used twice, so its family is revoked.

    Another client may have stolen it.
    """

    code = "token_reused"
    commits = True


class UserSession(Base):
    """A sign-in on a device."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    user_agent: Mapped[str | None] = mapped_column(String(USER_AGENT))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def ends_at(self) -> datetime:
        """Return the end of the session unless its token is rotated before."""
        return min(self.expires_at, self.last_used_at + IDLE)

    def is_live(self, at: datetime) -> bool:
        """Return whether the session is usable at a time."""
        return self.revoked_at is None and self.expires_at > at and self.last_used_at > at - IDLE


class RefreshToken(Base):
    """A refresh token, stored as its hash."""

    __tablename__ = "refresh_tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    parent_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IssuedTokens(NamedTuple):
    """A session and its refresh token; the database has only a hash."""

    session: UserSession
    refresh_token: str


class SessionStatus(NamedTuple):
    """The current role and status of an access token's user."""

    role: str
    status: str


def start(session: Session, user: User, *, user_agent: str | None = None, at: datetime | None = None) -> IssuedTokens:
    """Start a session of a user."""
    at = at or now()
    family = UserSession(id=new_id("ses"), user_id=user.id, created_at=at, last_used_at=at)
    family.user_agent = user_agent and user_agent[:USER_AGENT]
    family.expires_at = at + LIFETIME
    session.add(family)
    session.flush()
    return IssuedTokens(family, _issue(session, family, None, at))


def rotate(session: Session, refresh_token: str, *, at: datetime | None = None) -> IssuedTokens:
    """Exchange the live refresh token for the next one.

    The session's row is locked first, so that the refreshes of a family are serialized. A used token is accepted again
    for ten seconds if its successor was not used; the new token then replaces the successor.

    Raises:
        InvalidToken: the token is unknown, or its session has ended.
        TokenReused: the token was used before.
    """
    at = at or now()
    token = _hash(refresh_token)
    family = _lock_family(session, token, at)
    if not _use(session, token, at) and not _replace_child(session, token, at):
        family.revoked_at = at
        session.flush()
        raise TokenReused
    family.last_used_at = at
    return IssuedTokens(family, _issue(session, family, token, at))


def find_session_status(session: HasConnection, session_id: str, user_id: str) -> SessionStatus | None:
    """Return role and status of an access token's user, or None.

    None means that the session has ended or that the user is not active.
    """
    row = session.connection().execute(_SESSION_STATUS, _caller_key(session_id, user_id, now())).first()
    return SessionStatus(row.role, row.status) if row else None


def visible_to(caller: Caller, *, at: datetime | None = None) -> Select[UserSession]:
    """Return a query for the caller's own live sessions."""
    at = at or now()
    return select(UserSession).where(UserSession.user_id == caller.id, _live(at))


def revoke(session: Session, session_id: str, caller: Caller) -> None:
    """Revoke a session of the caller.

    Raises:
        NotFound: the caller has no such live session.
    """
    row = session.scalar(visible_to(caller).where(UserSession.id == session_id).with_for_update())
    require(row).revoked_at = now()
    session.flush()


def end(session: Session, caller: Caller) -> None:
    """Revoke the session of the caller's access token, unless it has ended."""
    own = update(UserSession).where(UserSession.id == caller.claims.get("session_id"), UserSession.revoked_at.is_(None))
    session.execute(own.values(revoked_at=now()))


def revoke_all(session: Session, user_id: str, *, but: str | None = None) -> None:
    """Revoke all sessions of a user except `but`."""
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(UserSession.id != but)
    session.execute(statement.values(revoked_at=now()))


def erase(session: Session, user_id: str) -> None:
    """Delete all sessions of a user."""
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def purge(session: Session, *, at: datetime | None = None) -> int:
    """Delete ended sessions with their tokens, and return their number."""
    return len(session.scalars(delete(UserSession).where(~_live(at or now())).returning(UserSession.id)).all())


def _lock_family(session: Session, token: str, at: datetime) -> UserSession:
    owner = select(RefreshToken.session_id).where(RefreshToken.hash == token)
    family = session.scalar(
        select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.id == owner.scalar_subquery(), User.status == ACTIVE)
        .with_for_update(of=UserSession)
        .execution_options(populate_existing=True)
    )
    if family is None or not family.is_live(at):
        raise InvalidToken
    return family


def _use(session: Session, token: str, at: datetime) -> bool:
    unused = update(RefreshToken).where(RefreshToken.hash == token, RefreshToken.used_at.is_(None))
    return session.scalar(unused.values(used_at=at).returning(RefreshToken.hash)) is not None


def _replace_child(session: Session, token: str, at: datetime) -> bool:
    """Delete the unused successor of a token within its grace.

    Return whether there was one.
    """
    # A use in the future means that the clock was set back. The grace must not last until the clock catches up.
    used_lately = RefreshToken.used_at.between(at - GRACE, at + GRACE)
    within_grace = select(RefreshToken.hash).where(RefreshToken.hash == token, used_lately)
    child = delete(RefreshToken).where(
        RefreshToken.parent_hash == within_grace.scalar_subquery(), RefreshToken.used_at.is_(None)
    )
    return session.scalar(child.returning(RefreshToken.hash)) is not None


def _issue(session: Session, family: UserSession, parent: str | None, at: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(RefreshToken(hash=_hash(secret), session_id=family.id, parent_hash=parent, created_at=at))
    session.flush()
    return secret


def _hash(refresh_token: str) -> str:
    # 256 random bits need no slow hash, because they cannot be guessed.
    return sha256(refresh_token.encode()).hexdigest()


def _live(at: datetime) -> ColumnElement[bool]:
    return and_(UserSession.revoked_at.is_(None), UserSession.expires_at > at, UserSession.last_used_at > at - IDLE)


_SESSION_STATUS = (
    select(User.role, User.status)
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.id == bindparam("session_id"), User.id == bindparam("user_id"), User.status == ACTIVE)
    .where(UserSession.revoked_at.is_(None), UserSession.expires_at > bindparam("at"))
)
"""The statement of every request with an access token, built once."""


def _caller_key(session_id: str, user_id: str, at: datetime) -> dict[str, object]:
    return {"session_id": session_id, "user_id": user_id, "at": at}
