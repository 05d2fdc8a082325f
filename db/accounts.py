"""What happens to a whole account: the user together with everything that hangs on it."""

from sqlalchemy.orm import Session

from db import api_keys, idempotency, orders, sessions
from db.errors import Conflict
from db.users import ACTIVE, DISABLED, ERASED, User


class OpenOrders(Conflict):
    """An account with orders under way is still needed."""

    code = "open_orders"
    detail = "There are orders that are not fulfilled, cancelled or refunded yet."


def change_password(session: Session, user: User, password_hash: str, *, but: str | None) -> None:
    """Give a new password and end all sessions, the one that asked for it excepted."""
    user.password_hash = password_hash
    session.flush()
    sessions.revoke_all(session, user.id, but=but)


def disable(session: Session, user: User) -> None:
    """Lock somebody out at once; `LastAdmin` if nobody else could undo it. Disabling twice changes nothing."""
    if user.status == DISABLED:
        return
    user.keep_an_admin(session)
    user.status = DISABLED
    # The row first: a sign-in that holds it must be over before its session can be found and ended.
    session.flush()
    sessions.revoke_all(session, user.id)


def enable(session: Session, user: User) -> None:
    """Let somebody in again: he signs in anew, his keys work as before."""
    user.status = ACTIVE
    session.flush()


def erase(session: Session, user: User) -> None:
    """Forget a person for good. The address is free again.

    Raises:
        LastAdmin: nobody else could administer the shop.
        OpenOrders: there are orders under way.
    """
    user.keep_an_admin(session)
    user.email = user.email_key = user.name = user.password_hash = None
    user.status = ERASED
    # The row first: an order that is being placed holds it, so it is over now, and the next one will find nobody.
    session.flush()
    if orders.has_open(session, user.id):
        raise OpenOrders
    orders.erase(session, user.id)
    sessions.erase(session, user.id)
    api_keys.erase(session, user.id)
    idempotency.erase(session, user.id)
