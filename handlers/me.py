"""Operations of the tag me: the caller's account and sessions."""

from sqlalchemy.orm import Session

from db import accounts, passwords, sessions, users
from db.sessions import UserSession
from db.users import PasswordRecord, User
from handlers import contract_types
from handlers.serializers import serialize
from orderly import Caller, Page, ReadSession
from orderly.times import rfc3339


def get_me(*, session: ReadSession, caller: Caller) -> contract_types.User:
    """Return the caller's account."""
    return serialize(users.get_own(session, caller))


def update_me(
    body: contract_types.MeUpdate, *, session: Session, reads: ReadSession, caller: Caller
) -> contract_types.User:
    """Update the caller's name or email address."""
    # For a new email address the contract requires the current password.
    record = _verified_record(body["current_password"], reads, caller) if "email" in body else None
    user = _lock_unchanged(session, record) if record else users.get_own(session, caller)
    return serialize(accounts.change(session, user, caller, name=body.get("name"), email=body.get("email")))


def update_my_password(
    body: contract_types.PasswordChange, *, session: Session, reads: ReadSession, caller: Caller
) -> None:
    """Change the caller's password, and revoke their other sessions."""
    passwords.check_not_common(body["new_password"], "/new_password")
    password_hash = passwords.hash_password(body["new_password"])
    record = _verified_record(body["current_password"], reads, caller)
    user = _lock_unchanged(session, record)
    accounts.change_password(session, user, password_hash, but=caller.claims.get("session_id"))


def delete_me(*, session: Session, caller: Caller) -> None:
    """Erase the caller's account."""
    accounts.erase(session, users.get_own(session, caller), caller)


def list_my_sessions(*, caller: Caller) -> Page[contract_types.Session]:
    """List the caller's sessions, newest first."""
    return Page(sessions.visible_to(caller), lambda row: _session(row, caller), [UserSession.id])


def revoke_my_session(*, session_id: str, session: Session, caller: Caller) -> None:
    """Revoke one of the caller's sessions."""
    sessions.revoke(session, session_id, caller)


def _verified_record(password: str, reads: ReadSession, caller: Caller) -> PasswordRecord:
    """Verify the caller's password before the write transaction begins.

    Raises:
        WrongPassword: the password is not the caller's.
    """
    record = users.get_password_record(reads, caller.id)
    if not passwords.verify(record.password_hash, password):
        raise users.WrongPassword
    return record


def _lock_unchanged(session: Session, record: PasswordRecord) -> User:
    """Lock and return the caller's account.

    Raises:
        WrongPassword: the password changed after it was verified.
    """
    user = users.lock_if_unchanged(session, record)
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
