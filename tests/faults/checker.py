"""A check of the database after the faults.

Nothing acknowledged is lost, and nothing exists twice.
"""

from typing import Any

from sqlalchemy import func, select, text

from db.events import Event
from db.orders import Order
from db.products import Product
from db.sessions import RefreshToken
from orderly.database.connections import AnySession
from tests.faults.history import History
from tests.faults.shop import Shop
from tests.shop import invariants

REFUSALS = {"409", "503"}
"""Statuses that a client may get during a fault.

409: its first attempt is still in progress. 503: it may retry later.
"""


def check(shop: Shop, *, strangers: bool = False) -> dict[str, Any]:
    """Compare the database with what the clients recorded; return the figures.

    Args:
        shop: the shop that had the fault.
        strangers: other clients have ordered too, and recorded nothing.

    Raises:
        AssertionError: the database and the record disagree.
    """
    refusals = {reported for reported in shop.history.counts if reported.isdigit()}
    assert refusals <= REFUSALS, (shop.history.summary(), shop.errors)
    assert shop.history.hasty() == []
    with shop.database.reading() as session:
        invariants.check(session)
        assert session.scalars(select(func.min(Product.stock))).one() >= 0
        orders = _check_orders(session, shop.history, strangers)
        _check_events(session, shop.history.followed())
        _check_families(session)
        if shop.database.is_sqlite:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).first() is None
    return {"orders": orders, **shop.history.summary()}


def _check_orders(session: AnySession, history: History, strangers: bool) -> int:
    """Return the number of recorded orders.

    The note of an order is its idempotency key.
    """
    made: dict[str | None, set[str]] = {}
    states: dict[str, str] = {}
    for row in session.execute(select(Order.note, Order.id, Order.status)):
        made.setdefault(row.note, set()).add(row.id)
        states[row.id] = row.status
    reported = history.orders()
    wrong = {key: ids for key, ids in reported.items() if ids and made.get(key) != ids}
    assert not wrong, f"{len(wrong)} acknowledged orders are lost or doubled: {list(wrong.items())[:3]}"
    assert [key for key in reported if len(made.get(key, ())) > 1] == []
    assert strangers or made.keys() <= reported.keys()
    assert {id_: states[id_] for id_ in history.states()} == history.states()
    return sum(key in reported for key in made)


def _check_events(session: AnySession, followed: list[str]) -> None:
    """Check that each order has one event, and no other event exists.

    A follower of the feed has missed none and seen none twice.
    """
    reported = select(Event.subject_id).where(Event.type == "order.created").order_by(Event.subject_id)
    assert session.scalars(reported).all() == session.scalars(select(Order.id).order_by(Order.id)).all()
    feed = select(Event.id).where(Event.type == "order.created").order_by(Event.position, Event.id)
    assert session.scalars(feed.limit(len(followed))).all() == followed


def _check_families(session: AnySession) -> None:
    live = select(func.count()).where(RefreshToken.used_at.is_(None)).group_by(RefreshToken.session_id)
    assert max(session.scalars(live), default=0) <= 1
