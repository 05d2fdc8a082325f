"""The caller's own account and sessions."""

from sqlalchemy.orm import Session

from db import accounts, passwords, sessions, users
from db.sessions import UserSession
from db.users import PasswordRecord, User
from handlers import contract_types
from handlers.serializers import serialize
from orderly import Caller, Page, ReadSession
from orderly.times import rfc3339


def get_me(*, session: ReadSession, caller: Caller) -> contract_types.User:
    """The caller's account."""
    return serialize(users.get_own(session, caller))


def update_me(
    body: contract_types.MeUpdate, *, session: Session, reads: ReadSession, caller: Caller
) -> contract_types.User:
    """Change the name, and with the current password (the contract asks for it) the email address."""
    credentials = _confirmed(body["current_password"], reads, caller) if "email" in body else None
    user = _unchanged(session, credentials) if credentials else users.get_own(session, caller)
    return serialize(accounts.change(session, user, caller, name=body.get("name"), email=body.get("email")))


def update_my_password(
    body: contract_types.PasswordChange, *, session: Session, reads: ReadSession, caller: Caller
) -> None:
    """Take a new password, and end the caller's other sessions."""
    passwords.check_not_common(body["new_password"], "/new_password")
    password_hash = passwords.hash_password(body["new_password"])
    credentials = _confirmed(body["current_password"], reads, caller)
    accounts.change_password(
        session, _unchanged(session, credentials), password_hash, but=caller.claims.get("session_id")
    )


def delete_me(*, session: Session, caller: Caller) -> None:
    """Forget the caller for good."""
    accounts.erase(session, users.get_own(session, caller), caller)


def list_my_sessions(*, caller: Caller) -> Page[contract_types.Session]:
    """Where the caller is signed in, newest first."""
    return Page(sessions.visible_to(caller), lambda row: _session(row, caller), [UserSession.id])


def revoke_my_session(*, session_id: str, session: Session, caller: Caller) -> None:
    """End one of the caller's sessions."""
    sessions.revoke(session, session_id, caller)


def _confirmed(password: str, reads: ReadSession, caller: Caller) -> PasswordRecord:
    """What the caller signs in with, if the password is right: it is compared before the transaction begins."""
    credentials = users.get_password_record(reads, caller.id)
    if not passwords.verify(credentials.password_hash, password):
        raise users.WrongPassword
    return credentials


def _unchanged(session: Session, credentials: PasswordRecord) -> User:
    """The caller's account, locked, if its password is still the one that was compared."""
    user = users.lock_if_unchanged(session, credentials)
    if user is None:
        raise users.WrongPassword
    return user


def _session(row: UserSession, caller: Caller) -> contract_types.Session:
    return {
        "id": row.id,
        "created_at": rfc3339(row.created_at),
        "last_used_at": rfc3339(row.last_used_at),
        "expires_at": rfc3339(row.ends_at),
        "current": row.id == caller.claims.get("session_id"),
        "user_agent": row.user_agent,
    }
