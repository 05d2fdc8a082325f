"""Reads the database after the faults: nothing that was acknowledged is lost, nothing is there twice."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.events import Event
from db.orders import Order
from db.products import Product
from db.sessions import RefreshToken
from tests import ledger
from tests.faults.history import History
from tests.faults.shop import Shop


def check(shop: Shop, history: History) -> int:
    """How many orders there are. Fails if the database and what the clients were told do not agree."""
    with shop.database.reading() as session:
        ledger.check(session)
        assert session.scalar(select(func.min(Product.stock))) >= 0
        made = _orders(session)
        acknowledged = history.acknowledged()
        lost = {key: order for key, order in acknowledged.items() if made.get(key) != [order]}
        assert not lost, f"{len(lost)} acknowledged orders are lost or doubled: {list(lost.items())[:3]}"
        assert [key for key, ids in made.items() if len(ids) != 1] == []
        assert made.keys() <= history.keys()
        _check_events(session, len(made))
        _check_families(session)
        if shop.database.is_sqlite:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).first() is None
        return len(made)


def _orders(session: Session) -> dict[str, list[str]]:
    """The ids of the orders by the key that their note tells."""
    made: dict[str, list[str]] = {}
    for row in session.execute(select(Order.note, Order.id)):
        made.setdefault(row.note, []).append(row.id)
    return made


def _check_events(session: Session, orders: int) -> None:
    told = select(func.count(Event.id), func.count(Event.subject_id.distinct())).where(Event.type == "order.created")
    assert tuple(session.execute(told).one()) == (orders, orders)


def _check_families(session: Session) -> None:
    live = select(func.count()).where(RefreshToken.used_at.is_(None)).group_by(RefreshToken.session_id)
    assert max(session.scalars(live), default=0) <= 1
