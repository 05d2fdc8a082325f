"""Invariants of the shop."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.events import Event
from db.orders import Order, OrderLine
from db.products import Product
from db.stock_ledger import StockAdjustment

LEGAL = {
    "pending": [()],
    "paid": [("paid",)],
    "fulfilled": [("paid", "fulfilled")],
    "cancelled": [("cancelled",)],
    "refunded": [("paid", "refunded"), ("paid", "fulfilled", "refunded")],
}
"""The possible histories of an order in each status."""


def check(session: Session) -> None:
    """Check every stock, every total and every history."""
    assert _stocks(session) == _ledger(session)
    histories = _histories(session)
    for order in session.scalars(select(Order)):
        assert order.total_amount == sum(line.quantity * line.unit_price_amount for line in order.lines)
        recorded = [t for t in histories.get(order.id, []) if t != "order.updated"]
        assert recorded[:1] == ["order.created"]
        assert tuple(each.removeprefix("order.") for each in recorded[1:]) in LEGAL[order.status]


def _stocks(session: Session) -> dict[str, int]:
    return {row.id: row.stock for row in session.execute(select(Product.id, Product.stock))}


def _ledger(session: Session) -> dict[str, int]:
    """Return the adjustments of each product less its reserved quantity."""
    came = select(StockAdjustment.product_id, func.sum(StockAdjustment.delta)).group_by(StockAdjustment.product_id)
    live = select(OrderLine.product_id, func.sum(OrderLine.quantity)).join(Order).where(~Order.restocked)
    adjusted = {row[0]: row[1] for row in session.execute(came)}
    held = {row[0]: row[1] for row in session.execute(live.group_by(OrderLine.product_id))}
    return {id_: adjusted.get(id_, 0) - held.get(id_, 0) for id_ in session.scalars(select(Product.id))}


def _histories(session: Session) -> dict[str, list[str]]:
    """Return the types of the events of each subject."""
    recorded: dict[str, list[str]] = {}
    for row in session.execute(select(Event.subject_id, Event.type).order_by(Event.position, Event.id)):
        recorded.setdefault(row.subject_id, []).append(row.type)
    return recorded
