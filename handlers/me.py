"""The caller's own account and sessions."""

from sqlalchemy.orm import Session

from db import accounts, passwords, sessions, users
from db.base import rfc3339
from db.page import Listing
from db.sessions import UserSession
from db.users import Caller, User
from handlers.account import shape
from openapi import types


def get_me(*, session: Session, caller: Caller) -> types.User:
    """The caller's account."""
    return shape(users.get_own(session, caller))


def update_me(body: types.MeUpdate, *, session: Session, reads: Session, caller: Caller) -> types.User:
    """Change the name, and with the current password (the contract asks for it) the email address."""
    if "email" in body:
        user = _confirmed(body["current_password"], session, reads, caller)
    else:
        user = users.get_own(session, caller)
    return shape(accounts.change(session, user, caller, name=body.get("name"), email=body.get("email")))


def change_my_password(body: types.PasswordChange, *, session: Session, reads: Session, caller: Caller) -> None:
    """Take a new password, and end the caller's other sessions."""
    passwords.refuse_common(body["new_password"], "/new_password")
    password_hash = passwords.hash_password(body["new_password"])
    user = _confirmed(body["current_password"], session, reads, caller)
    accounts.change_password(session, user, password_hash, but=caller.session_id)


def delete_me(*, session: Session, caller: Caller) -> None:
    """Forget the caller for good."""
    accounts.erase(session, users.get_own(session, caller), caller)


def list_my_sessions(*, caller: Caller) -> Listing[types.Session]:
    """Where the caller is signed in, newest first."""
    return Listing(sessions.visible_to(caller), order=[UserSession.id], shape=lambda row: _session(row, caller))


def revoke_my_session(*, session_id: str, session: Session, caller: Caller) -> None:
    """End one of the caller's sessions."""
    sessions.revoke(session, session_id, caller)


def _confirmed(password: str, session: Session, reads: Session, caller: Caller) -> User:
    """The caller's account, locked, if the password is right: it is compared before the transaction begins."""
    credentials = users.get_credentials(reads, caller.user_id)
    confirmed = passwords.verify(credentials.password_hash, password)
    user = users.find_unchanged(session, credentials) if confirmed else None
    if user is None:
        raise users.WrongPassword
    return user


def _session(row: UserSession, caller: Caller) -> types.Session:
    return {
        "id": row.id,
        "created_at": rfc3339(row.created_at),
        "last_used_at": rfc3339(row.last_used_at),
        "expires_at": rfc3339(row.ends_at),
        "current": row.id == caller.session_id,
        "user_agent": row.user_agent,
    }
