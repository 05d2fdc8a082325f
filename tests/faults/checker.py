"""Reads the database after the faults: nothing that was acknowledged is lost, nothing is there twice."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.events import Event
from db.orders import Order
from db.products import Product
from db.sessions import RefreshToken
from tests.faults.history import History
from tests.faults.shop import Shop
from tests.shop import invariants

REFUSALS = {"409", "503"}
"""What a client may be told while something is broken: its first try is still at work, or it should come again."""


def check(shop: Shop, *, strangers: bool = False) -> dict[str, Any]:
    """The figures. Fails if the database and what the clients were told do not agree.

    Args:
        shop: what was harmed.
        strangers: others have ordered too, who told nobody.
    """
    refusals = {reported for reported in shop.history.counts if reported.isdigit()}
    assert refusals <= REFUSALS, (shop.history.summary(), shop.errors)
    assert shop.history.hasty() == []
    with shop.database.reading() as session:
        invariants.check(session)
        assert session.scalar(select(func.min(Product.stock))) >= 0
        orders = _check_orders(session, shop.history, strangers)
        _check_events(session, shop.history.followed())
        _check_families(session)
        if shop.database.is_sqlite:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).first() is None
    return {"orders": orders, **shop.history.summary()}


def _check_orders(session: Session, history: History, strangers: bool) -> int:
    """How many orders our clients have made; the note of an order is the key that it was sent under."""
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


def _check_events(session: Session, followed: list[str]) -> None:
    """Each order was told of once, and none that is not there; who follows has missed nothing and saw nothing twice."""
    reported = select(Event.subject_id).where(Event.type == "order.created").order_by(Event.subject_id)
    assert session.scalars(reported).all() == session.scalars(select(Order.id).order_by(Order.id)).all()
    feed = select(Event.id).where(Event.type == "order.created").order_by(Event.position, Event.id)
    assert session.scalars(feed.limit(len(followed))).all() == followed


def _check_families(session: Session) -> None:
    live = select(func.count()).where(RefreshToken.used_at.is_(None)).group_by(RefreshToken.session_id)
    assert max(session.scalars(live), default=0) <= 1
