"""Operations of the tag users: sign-up and account management."""

from sqlalchemy.orm import Session

from db import accounts, passwords, users
from db.users import User
from handlers import contract_types
from handlers.serializers import serialize
from orderly import Caller, Page, ReadSession
from orderly.times import parse_time


def list_users(
    *,
    caller: Caller,
    email: str | None = None,
    role: str | None = None,
    status: str | None = None,
    created_after: str | None = None,
    created_before: str | None = None,
) -> Page[contract_types.User]:
    """List the accounts that match all filters, newest first."""
    query = users.matching(
        users.visible_to(caller),
        email=email,
        role=role,
        status=status,
        created_after=parse_time(created_after) if created_after else None,
        created_before=parse_time(created_before) if created_before else None,
    )
    return Page(query, serialize, [User.id])


def create_user(body: contract_types.UserCreate, *, session: Session) -> contract_types.User:
    """Sign up: create a customer's account."""
    passwords.check_not_common(body["password"])
    password_hash = passwords.hash_password(body["password"])  # slow, so before the transaction begins
    return serialize(accounts.sign_up(session, email=body["email"], name=body["name"], password_hash=password_hash))


def get_user(*, user_id: str, session: ReadSession, caller: Caller) -> contract_types.User:
    """Return an account."""
    return serialize(users.get(session, user_id, caller))


def update_user(
    body: contract_types.UserUpdate, *, user_id: str, session: Session, caller: Caller
) -> contract_types.User:
    """Update the name or the role of an account."""
    user = users.get(session, user_id, caller)
    return serialize(accounts.change(session, user, caller, name=body.get("name"), role=body.get("role")))


def disable_user(*, user_id: str, session: Session, caller: Caller) -> contract_types.User:
    """Disable an account, and revoke its sessions."""
    return serialize(accounts.disable(session, users.get(session, user_id, caller), caller))


def enable_user(*, user_id: str, session: Session, caller: Caller) -> contract_types.User:
    """Enable a disabled account."""
    return serialize(accounts.enable(session, users.get(session, user_id, caller), caller))
