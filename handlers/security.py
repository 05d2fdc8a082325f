"""Authenticators: from a credential to its caller, as the database has it at this moment."""

from db import api_keys, sessions
from db.access_tokens import access_tokens
from orderly import Caller, Database, ReadSession, Roles, Settings
from orderly.database.errors import is_unavailable


def bearer(token: str, *, session: ReadSession, settings: Settings, roles: Roles) -> Caller | None:
    """Return the caller of an access token, with the scopes that the user's role has now."""
    found = access_tokens(settings.secret).read(token)
    if found is None:
        return None
    user_id, session_id = found
    state = sessions.find_session_status(session, session_id, user_id)
    if state is None:
        return None
    return Caller(user_id, roles[state.role], frozenset({state.role}), {"session_id": session_id})


def api_key(key: str, *, session: ReadSession, database: Database, roles: Roles) -> Caller | None:
    """Return the caller of an API key, with no more than the scopes of the key and of its owner's role."""
    state = api_keys.find_status(session, key)
    if state is None:
        return None
    if api_keys.needs_last_used_update(state):
        _record_use(database, state.key_id)
    return Caller(state.user_id, roles[state.role] & state.scopes, frozenset({state.role}), {"key_id": state.key_id})


def _record_use(database: Database, key_id: str) -> None:
    """Record the use of a key; a request does not fail because that could not be written."""
    try:
        with database.writing() as session:
            api_keys.touch(session, key_id)
            session.commit()
    except Exception as error:
        if not is_unavailable(error):
            raise
