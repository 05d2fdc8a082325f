"""Operations of the tag tokens: sign-in, refresh and sign-out."""

from sqlalchemy.orm import Session

from db import passwords, sessions, users
from db.access_tokens import access_tokens
from db.sessions import IssuedTokens
from handlers import contract_types
from orderly import Caller, ReadSession, Settings


def create_token(
    body: contract_types.TokenCreate,
    *,
    session: Session,
    reads: ReadSession,
    settings: Settings,
    user_agent: str | None = None,
) -> contract_types.Tokens:
    """Sign in; an unknown address takes as long as a wrong password."""
    record = users.find_password_record(reads, email=body["email"])
    known_hash = record.password_hash if record else None
    if not passwords.verify(known_hash, body["password"]) or record is None:
        raise users.InvalidCredentials
    if record.status == users.DISABLED:
        raise users.AccountDisabled
    new_hash = passwords.hash_password(body["password"]) if passwords.needs_rehash(record.password_hash) else None
    user = users.lock_if_unchanged(session, record)
    if user is None:  # the password or the account changed during the comparison
        raise users.InvalidCredentials
    if new_hash is not None:
        users.rehash(session, user, new_hash)
    return _serialize(sessions.start(session, user, user_agent=user_agent), settings)


def refresh_token(body: contract_types.TokenRefresh, *, session: Session, settings: Settings) -> contract_types.Tokens:
    """Exchange the latest refresh token for a new pair of tokens."""
    return _serialize(sessions.rotate(session, body["refresh_token"]), settings)


def revoke_current_token(*, session: Session, caller: Caller) -> None:
    """Sign out: end the session of the access token."""
    sessions.end(session, caller)


def _serialize(issued: IssuedTokens, settings: Settings) -> contract_types.Tokens:
    tokens = access_tokens(settings.secret)
    access_token, lifetime = tokens.issue(issued.session.user_id, issued.session.id)
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "refresh_token": issued.refresh_token,
    }
