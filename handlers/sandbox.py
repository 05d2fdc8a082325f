"""Accounts of the sandbox, one per role."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from db import sessions, users
from db.access_tokens import AccessTokens
from db.passwords import hash_password
from orderly import Settings
from orderly.devtools.sandbox.personas import Persona, SignedIn

_hash = lru_cache(1)(hash_password)
"""A hash function with a cache of one: all personas have the same password, and each reset creates them again."""


def create_persona(session: Session, persona: Persona, *, signed_in_at: datetime, settings: Settings) -> SignedIn:
    """Create the account of a persona, and sign it in."""
    user = users.create(
        session,
        email=persona.email,
        name=persona.name,
        role=persona.role,
        password_hash=_hash(persona.password),
    )
    started = sessions.start(session, user, at=signed_in_at).session
    # Users copy a sandbox token into scripts, so it is valid as long as its session.
    tokens = AccessTokens(settings.secret, sessions.LIFETIME)
    token, _ = tokens.issue(user.id, started.id)
    return SignedIn(token, [user.id, started.id])
