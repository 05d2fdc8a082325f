"""Authenticators: from credential to caller, by the current state of the database."""

from db import api_keys, sessions
from db.access_tokens import access_tokens
from orderly import Caller, Database, ReadSession, Roles, Settings
from orderly.database.errors import is_unavailable


def bearer(token: str, *, session: ReadSession, settings: Settings, roles: Roles) -> Caller | None:
    """Return the caller of an access token, with their role's current scopes."""
    subject = access_tokens(settings.secret).read(token)
    if subject is None:
        return None
    user_id, session_id = subject
    status = sessions.find_session_status(session, session_id, user_id)
    if status is None:
        return None
    return Caller(user_id, roles[status.role], frozenset({status.role}), {"session_id": session_id})


def api_key(key: str, *, session: ReadSession, database: Database, roles: Roles) -> Caller | None:
    """Return the caller of an API key.

    The scopes are those of the key that its owner's role has too.
    """
    status = api_keys.find_status(session, key)
    if status is None:
        return None
    if api_keys.needs_last_used_update(status):
        _record_use(database, status.key_id)
    scopes = roles[status.role] & status.scopes
    return Caller(status.user_id, scopes, frozenset({status.role}), {"key_id": status.key_id})


def _record_use(database: Database, key_id: str) -> None:
    """Record the use of a key; an unavailable database is ignored."""
    try:
        with database.writing() as session:
            api_keys.touch(session, key_id)
            session.commit()
    except Exception as error:
        if not is_unavailable(error):
            raise
