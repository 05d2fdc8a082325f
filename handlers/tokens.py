"""Signing in, staying signed in and signing out."""

from typing import Protocol

from sqlalchemy.orm import Session

from db import passwords, sessions, users
from db.sessions import IssuedTokens
from db.users import Caller
from handlers import contract_types


class Tokens(Protocol):
    """What makes access tokens; the corridor hands it in."""

    def access_token(self, user_id: str, session_id: str) -> tuple[str, int]:
        """A token for a session, and its lifetime in seconds."""


def create_token(
    body: contract_types.TokenCreate, *, session: Session, reads: Session, tokens: Tokens, user_agent: str | None = None
) -> contract_types.Tokens:
    """Sign in. An unknown address costs the same time as a wrong password."""
    credentials = users.find_password_record(reads, email=body["email"])
    known_hash = credentials.password_hash if credentials else None
    if not passwords.verify(known_hash, body["password"]) or credentials is None:
        raise users.InvalidCredentials
    if credentials.status == users.DISABLED:
        raise users.AccountDisabled
    renewed = passwords.hash_password(body["password"]) if passwords.needs_rehash(credentials.password_hash) else None
    user = users.lock_if_unchanged(session, credentials)
    if user is None:  # the password or the account changed while we compared
        raise users.InvalidCredentials
    if renewed is not None:
        users.rehash(session, user, renewed)
    return _serialize(sessions.start(session, user, user_agent=user_agent), tokens)


def refresh_token(body: contract_types.TokenRefresh, *, session: Session, tokens: Tokens) -> contract_types.Tokens:
    """The next pair of tokens for the latest refresh token."""
    return _serialize(sessions.rotate(session, body["refresh_token"]), tokens)


def revoke_current_token(*, session: Session, caller: Caller) -> None:
    """Sign out: end the session that the access token belongs to."""
    sessions.end(session, caller)


def _serialize(issued: IssuedTokens, tokens: Tokens) -> contract_types.Tokens:
    access_token, lifetime = tokens.access_token(issued.session.user_id, issued.session.id)
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "refresh_token": issued.refresh_token,
    }
