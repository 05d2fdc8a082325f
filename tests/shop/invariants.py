"""Invariants of a shop: they hold after any concurrent requests."""

from sqlalchemy import func, select

from db.events import Event
from db.orders import Order, OrderLine
from db.products import Product
from db.stock_ledger import StockAdjustment
from orderly.database.connections import AnySession

LEGAL: dict[str, list[tuple[str, ...]]] = {
    "pending": [()],
    "paid": [("paid",)],
    "fulfilled": [("paid", "fulfilled")],
    "cancelled": [("cancelled",)],
    "refunded": [("paid", "refunded"), ("paid", "fulfilled", "refunded")],
}
"""The legal histories of an order by its status."""


def check(session: AnySession) -> None:
    """Check the invariants.

    Every stock equals its ledger, every total the sum of its lines, and every history is legal.
    """
    assert _stocks(session) == _ledger(session)
    histories = _histories(session)
    for order in session.scalars(select(Order)):
        assert order.total_amount == sum(line.quantity * line.unit_price_amount for line in order.lines)
        recorded = [t for t in histories.get(order.id, []) if t != "order.updated"]
        assert recorded[:1] == ["order.created"]
        assert tuple(each.removeprefix("order.") for each in recorded[1:]) in LEGAL[order.status]


def _stocks(session: AnySession) -> dict[str, int]:
    return {row.id: row.stock for row in session.execute(select(Product.id, Product.stock))}


def _ledger(session: AnySession) -> dict[str, int]:
    """Return each product's adjustments less the quantities of live lines."""
    adjustments = select(StockAdjustment.product_id, func.sum(StockAdjustment.delta).label("total"))
    live = select(OrderLine.product_id, func.sum(OrderLine.quantity).label("total")).join(Order).where(~Order.restocked)
    adjusted = {row.product_id: row.total for row in session.execute(adjustments.group_by(StockAdjustment.product_id))}
    held = {row.product_id: row.total for row in session.execute(live.group_by(OrderLine.product_id))}
    return {id_: adjusted.get(id_, 0) - held.get(id_, 0) for id_ in session.scalars(select(Product.id))}


def _histories(session: AnySession) -> dict[str, list[str]]:
    """Return the events of each subject in order."""
    recorded: dict[str, list[str]] = {}
    for row in session.execute(select(Event.subject_id, Event.type).order_by(Event.position, Event.id)):
        recorded.setdefault(row.subject_id, []).append(row.type)
    return recorded
