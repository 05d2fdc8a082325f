"""Changes of orders, with their stock and their events."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from db import events, order_insert, products
from db.orders import Order
from orderly import Caller
from orderly.database.errors import unique
from orderly.errors import Conflict


class CurrencyMismatch(Conflict):
    """All products of an order must have one currency."""

    code = "currency_mismatch"


class PriceChanged(Conflict):
    """The total differs from the expected total."""

    code = "price_changed"


class PaymentReferenceTaken(Conflict):
    """Another order has this payment reference."""

    code = "payment_reference_taken"


def place(
    session: Session,
    caller: Caller,
    lines: Iterable[tuple[str, int]],
    *,
    note: str | None = None,
    shipping_address: Mapping[str, Any] | None = None,
    metadata: dict[str, str] | None = None,
    expected_total: tuple[int, str] | None = None,
) -> Order:
    """Create an order of the caller, with reserved stock at current prices.

    Args:
        session: the transaction.
        caller: the buyer.
        lines: products and quantities; lines of the same product are merged.
        note: a note by the buyer.
        shipping_address: the address of the delivery.
        metadata: data of the buyer's program.
        expected_total: amount and currency that the total must equal, if given.

    Raises:
        ProductUnavailable: a product does not exist or is archived.
        InsufficientStock: the stock of a product is too low. The caller rolls back.
        CurrencyMismatch: the products have different currencies.
        PriceChanged: the total is not the expected one.
        AccountDeleted: the buyer's account was erased concurrently.
    """
    quantities = _merge_lines(lines)
    reserved = products.reserve(session, quantities)
    rows = [_line(position, reserved[each], quantities[each]) for position, each in enumerate(quantities)]
    total, currency = sum(row["quantity"] * row["unit_price_amount"] for row in rows), _single_currency(reserved)
    if expected_total not in (None, (total, currency)):
        raise PriceChanged
    money = {"total_amount": total, "currency": currency}
    notes = {"note": note, "shipping_address": shipping_address, "order_metadata": metadata or {}}
    order = order_insert.write(session, rows, user_id=caller.id, **money, **notes)
    details = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
    return _record(session, order, "order.created", caller, **money, lines=details)


def update(session: Session, order: Order, caller: Caller, patch: Mapping[str, Any]) -> Order:
    """Update the note, shipping address or metadata of a pending order.

    Without a difference nothing is recorded.
    """
    order.update(patch)
    return _record(session, order, "order.updated", caller) if session.is_modified(order) else order


def pay(session: Session, order: Order, caller: Caller, reference: str) -> Order:
    """Record the payment of a pending order.

    Raises:
        PaymentReferenceTaken: another order has this payment reference.
    """
    order.pay(reference)
    with unique("orders", "payment_reference", to=PaymentReferenceTaken):
        return _record(session, order, "order.paid", caller)


def fulfil(session: Session, order: Order, caller: Caller, tracking: str | None = None) -> Order:
    """Record the shipment of a paid order."""
    order.fulfil(tracking)
    return _record(session, order, "order.fulfilled", caller)


def cancel(session: Session, order: Order, caller: Caller) -> Order:
    """Cancel a pending order, and restock its products.

    A cancelled order remains unchanged.
    """
    if not order.cancel():
        return order
    products.restock(session, order.quantities)
    return _record(session, order, "order.cancelled", caller)


def refund(
    session: Session, order: Order, caller: Caller, amount: int | None = None, *, restock: bool = False
) -> Order:
    """Record a full or partial refund, and restock the products if requested."""
    order.refund(amount, restock=restock)
    if restock:
        products.restock(session, order.quantities)
    details = {"refunded_amount": order.refunded_amount, "restocked": restock}
    return _record(session, order, "order.refunded", caller, **details)


def _merge_lines(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for product_id, quantity in lines:
        quantities[product_id] = quantities.get(product_id, 0) + quantity
    return quantities


def _line(position: int, product: Row[Any], quantity: int) -> dict[str, Any]:
    """Return the columns of a line at the product's current price."""
    copied = {"sku": product.sku, "name": product.name, "unit_price_amount": product.price_amount}
    return {"product_id": product.id, "position": position, "quantity": quantity, **copied}


def _single_currency(reserved: Mapping[str, Row[Any]]) -> str:
    currencies: set[str] = {product.currency for product in reserved.values()}
    if len(currencies) > 1:
        raise CurrencyMismatch
    return currencies.pop()


def _record(session: Session, order: Order, type: str, caller: Caller, **details: Any) -> Order:
    """Write a change of an order with its event."""
    events.record(session, type, order.id, caller=caller, data={"status": order.status, **details})
    session.flush()
    return order
