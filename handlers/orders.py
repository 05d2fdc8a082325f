"""Operations of the tag orders."""

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from db import order_actions, orders
from db.orders import Order, OrderLine
from handlers import contract_types
from orderly import Caller, Page, ReadSession
from orderly.times import parse_time, rfc3339


def list_orders(
    *,
    caller: Caller,
    status: str | None = None,
    user_id: str | None = None,
    created_after: str | None = None,
    created_before: str | None = None,
) -> Page[contract_types.Order]:
    """List the orders that match all filters, newest first."""
    query = orders.matching(
        orders.visible_to(caller),
        status=status,
        user_id=user_id,
        created_after=parse_time(created_after) if created_after else None,
        created_before=parse_time(created_before) if created_before else None,
    )
    return Page(query, _serialize, [Order.created_at, Order.id])


def create_order(body: contract_types.OrderCreate, *, session: Session, caller: Caller) -> contract_types.Order:
    """Create an order, and reserve its stock at the current prices."""
    expected = body.get("expected_total")
    order = order_actions.place(
        session,
        caller,
        [(line["product_id"], line["quantity"]) for line in body["lines"]],
        note=body.get("note"),
        shipping_address=body.get("shipping_address"),
        metadata=body.get("metadata"),
        expected_total=(expected["amount"], expected["currency"]) if expected else None,
    )
    return _serialize(order)


def get_order(*, order_id: str, session: ReadSession, caller: Caller) -> contract_types.Order:
    """Return an order."""
    return _serialize(orders.get(session, order_id, caller))


def update_order(
    body: contract_types.OrderUpdate, *, order_id: str, session: Session, caller: Caller
) -> contract_types.Order:
    """Update the note, shipping address or metadata of a pending order."""
    order = orders.get_to_change(session, order_id, caller)
    return _serialize(order_actions.update(session, order, caller, body))


def cancel_order(*, order_id: str, session: Session, caller: Caller) -> contract_types.Order:
    """Cancel a pending order, and restock its products."""
    return _serialize(order_actions.cancel(session, orders.get_to_change(session, order_id, caller), caller))


def pay_order(
    body: contract_types.OrderPayment, *, order_id: str, session: Session, caller: Caller
) -> contract_types.Order:
    """Record the payment of a pending order."""
    order = orders.get_to_change(session, order_id, caller)
    return _serialize(order_actions.pay(session, order, caller, body["reference"]))


def fulfil_order(
    body: contract_types.OrderFulfilment, *, order_id: str, session: Session, caller: Caller
) -> contract_types.Order:
    """Record the shipment of a paid order."""
    order = orders.get_to_change(session, order_id, caller)
    return _serialize(order_actions.fulfil(session, order, caller, body.get("tracking")))


def refund_order(
    body: contract_types.OrderRefund, *, order_id: str, session: Session, caller: Caller
) -> contract_types.Order:
    """Record a refund, and restock the products on request."""
    order = orders.get_to_change(session, order_id, caller, "orders:refund")
    restock = body.get("restock", False)
    return _serialize(order_actions.refund(session, order, caller, body.get("amount"), restock=restock))


def _serialize(order: Order) -> contract_types.Order:
    return {
        "id": order.id,
        "user_id": order.user_id,
        "status": order.status,
        "lines": [_line(line, order.currency) for line in order.lines],
        "total": {"amount": order.total_amount, "currency": order.currency},
        "refunded": _money(order.refunded_amount, order.currency),
        "note": order.note,
        "shipping_address": cast("contract_types.ShippingAddress | None", order.shipping_address),
        "metadata": order.order_metadata,
        "payment_reference": order.payment_reference,
        "tracking": order.tracking,
        "version": order.version,
        "created_at": rfc3339(order.created_at),
        "updated_at": rfc3339(order.updated_at),
        "paid_at": _time(order.paid_at),
        "fulfilled_at": _time(order.fulfilled_at),
        "cancelled_at": _time(order.cancelled_at),
        "refunded_at": _time(order.refunded_at),
    }


def _line(line: OrderLine, currency: str) -> contract_types.OrderLine:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": {"amount": line.unit_price_amount, "currency": currency},
    }


def _money(amount: int | None, currency: str) -> contract_types.Money | None:
    return None if amount is None else {"amount": amount, "currency": currency}


def _time(time: datetime | None) -> str | None:
    return rfc3339(time) if time else None
