"""Changes of an account with all that depends on its user."""

from sqlalchemy.orm import Session

from db import api_keys, events, orders, sessions, users
from db.users import ACTIVE, DISABLED, ERASED, User
from orderly import Caller
from orderly.database import idempotency
from orderly.errors import Conflict


class HasOpenOrders(Conflict):
    """An account with open orders cannot be erased."""

    code = "open_orders"


def sign_up(session: Session, *, email: str, name: str, password_hash: str, role: str = "customer") -> User:
    """Create an account.

    Raises:
        EmailTaken: another account has this address.
    """
    user = users.create(session, email=email, name=name, password_hash=password_hash, role=role)
    events.record(session, "user.created", user.id, caller=None, data={"role": role})
    return user


def change(
    session: Session,
    user: User,
    caller: Caller,
    *,
    name: str | None = None,
    email: str | None = None,
    role: str | None = None,
) -> User:
    """Change the name, the email address or the role of a user.

    Raises:
        EmailTaken: another account has the new address.
        LastAdmin: the shop would have no other administrator.
    """
    before = user.version
    if email is not None:
        user.change_email(session, email)
    if role is not None:
        user.change_role(session, role)
    if name is not None:
        user.rename(session, name)
    if user.version != before:
        events.record(session, "user.updated", user.id, caller=caller, data={"role": user.role})
    return user


def change_password(session: Session, user: User, password_hash: str, *, but: str | None) -> None:
    """Set a new password, and revoke all sessions except `but`."""
    user.password_hash = password_hash
    session.flush()
    sessions.revoke_all(session, user.id, but=but)


def disable(session: Session, user: User, caller: Caller | None = None) -> User:
    """Disable an account, and revoke its sessions.

    A disabled account remains unchanged.

    Raises:
        LastAdmin: no other administrator could enable it again.
    """
    if user.status == DISABLED:
        return user
    user.ensure_other_admin(session)
    user.status = DISABLED
    # The row first: a concurrent sign-in that has locked it must commit before its session can be found and revoked.
    session.flush()
    sessions.revoke_all(session, user.id)
    events.record(session, "user.disabled", user.id, caller=caller)
    return user


def enable(session: Session, user: User, caller: Caller | None = None) -> User:
    """Enable an account; without effect on an active one.

    Its API keys work again. Its sessions remain revoked.
    """
    if user.status == ACTIVE:
        return user
    user.status = ACTIVE
    session.flush()
    events.record(session, "user.enabled", user.id, caller=caller)
    return user


def erase(session: Session, user: User, caller: Caller | None = None) -> None:
    """Erase the personal data of an account; its address becomes available again.

    Raises:
        LastAdmin: the shop would have no other administrator.
        HasOpenOrders: some orders of the user are still open.
    """
    user.ensure_other_admin(session)
    user.email = user.email_key = user.name = user.password_hash = None
    user.status = ERASED
    # The row first: a transaction that places an order locks it, so that one has ended. A later one finds no account.
    session.flush()
    if orders.has_open(session, user.id):
        raise HasOpenOrders
    orders.erase(session, user.id)
    sessions.erase(session, user.id)
    api_keys.erase(session, user.id)
    # After the orders: a concurrent change of one of them has stored its response by then, and a later response has no
    # personal data. A repeated request whose record was erased changes nothing, because no order is open.
    idempotency.erase(session, user.id, orders.ids_of(user.id))
    events.record(session, "user.erased", user.id, caller=caller)
