"""What happens to a whole account: the user together with everything that hangs on it."""

from sqlalchemy.orm import Session

from db import api_keys, idempotency, sessions
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
    """Forget a person for good; `LastAdmin` if nobody else could administer the shop. The address is free again."""
    user.keep_an_admin(session)
    user.email = user.email_key = user.name = user.password_hash = None
    user.status = ERASED
    session.flush()
    sessions.erase(session, user.id)
    api_keys.erase(session, user.id)
    idempotency.erase(session, user.id)
