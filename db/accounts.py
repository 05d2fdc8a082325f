"""What happens to a whole account: the user together with everything that hangs on it."""

from sqlalchemy.orm import Session

from db import api_keys, events, orders, sessions, users
from db.users import ACTIVE, DISABLED, ERASED, User
from orderly import Caller
from orderly.database import idempotency
from orderly.errors import Conflict


class HasOpenOrders(Conflict):
    """An account with orders under way is still needed."""

    code = "open_orders"


def sign_up(session: Session, *, email: str, name: str, password_hash: str, role: str = "customer") -> User:
    """A new account; `EmailTaken` if there is one with this address."""
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
    """Change what is given; `EmailTaken`, or `LastAdmin` if nobody else could administer the shop."""
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
    """Give a new password and end all sessions, the one that asked for it excepted."""
    user.password_hash = password_hash
    session.flush()
    sessions.revoke_all(session, user.id, but=but)


def disable(session: Session, user: User, caller: Caller | None = None) -> User:
    """Lock somebody out at once; `LastAdmin` if nobody else could undo it. Disabling twice changes nothing."""
    if user.status == DISABLED:
        return user
    user.ensure_other_admin(session)
    user.status = DISABLED
    # The row first: a sign-in that holds it must be over before its session can be found and ended.
    session.flush()
    sessions.revoke_all(session, user.id)
    events.record(session, "user.disabled", user.id, caller=caller)
    return user


def enable(session: Session, user: User, caller: Caller | None = None) -> User:
    """Let somebody in again: he signs in anew, his keys work as before. Enabling twice changes nothing."""
    if user.status == ACTIVE:
        return user
    user.status = ACTIVE
    session.flush()
    events.record(session, "user.enabled", user.id, caller=caller)
    return user


def erase(session: Session, user: User, caller: Caller | None = None) -> None:
    """Forget a person for good. The address is free again.

    Raises:
        LastAdmin: nobody else could administer the shop.
        HasOpenOrders: there are orders under way.
    """
    user.ensure_other_admin(session)
    user.email = user.email_key = user.name = user.password_hash = None
    user.status = ERASED
    # The row first: an order that is being placed holds it, so it is over now, and the next one will find nobody.
    session.flush()
    if orders.has_open(session, user.id):
        raise HasOpenOrders
    orders.erase(session, user.id)
    sessions.erase(session, user.id)
    api_keys.erase(session, user.id)
    # After the orders: whoever was sending one of them has kept his answer by then, and the next one tells nothing.
    # Whoever repeats a request whose answer is forgotten changes nothing either: none of the orders is under way.
    idempotency.erase(session, user.id, orders.ids_of(user.id))
    events.record(session, "user.erased", user.id, caller=caller)
