"""What happens to orders: each change with the stock that it moves and the event that tells of it."""

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
    """An order has one currency."""

    code = "currency_mismatch"


class PriceChanged(Conflict):
    """The buyer would pay something else than he was shown."""

    code = "price_changed"


class PaymentReferenceTaken(Conflict):
    """One payment pays one order."""

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
    """A new order of the caller, with its stock taken and its prices frozen.

    Args:
        session: the transaction.
        caller: who buys.
        lines: products and quantities; those of one product become one line.
        note: what the buyer wants to say.
        shipping_address: where it goes.
        metadata: what the buyer's program wants to find again.
        expected_total: amount and currency that the buyer was shown, if he insists on them.

    Raises:
        ProductUnavailable: there is no such product any more.
        InsufficientStock: one of the products is short; nothing is taken of the others.
        CurrencyMismatch: the products have different currencies.
        PriceChanged: the total is not the expected one.
        AccountDeleted: the buyer's account was erased in this very moment.
    """
    quantities = _merged(lines)
    taken = products.reserve(session, quantities)
    wanted = [_line(position, taken[each], quantities[each]) for position, each in enumerate(quantities)]
    total, currency = sum(line["quantity"] * line["unit_price_amount"] for line in wanted), _one_currency(taken)
    if expected_total not in (None, (total, currency)):
        raise PriceChanged
    money = {"total_amount": total, "currency": currency}
    notes = {"note": note, "shipping_address": shipping_address, "order_metadata": metadata or {}}
    order = order_insert.write(session, wanted, user_id=caller.id, **money, **notes)
    details = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
    return _changed(session, order, "order.created", caller, **money, lines=details)


def update(session: Session, order: Order, caller: Caller, patch: Mapping[str, Any]) -> Order:
    """Change note, shipping address or metadata of a pending order; to the same is no change."""
    order.update(patch)
    return _changed(session, order, "order.updated", caller) if session.is_modified(order) else order


def pay(session: Session, order: Order, caller: Caller, reference: str) -> Order:
    """Take note of a payment; `PaymentReferenceTaken` if it has paid another order."""
    order.pay(reference)
    with unique("orders", "payment_reference", to=PaymentReferenceTaken):
        return _changed(session, order, "order.paid", caller)


def fulfil(session: Session, order: Order, caller: Caller, tracking: str | None = None) -> Order:
    """Send a paid order on its way."""
    order.fulfil(tracking)
    return _changed(session, order, "order.fulfilled", caller)


def cancel(session: Session, order: Order, caller: Caller) -> Order:
    """Cancel a pending order and put its stock back; a second time nothing happens."""
    if not order.cancel():
        return order
    products.restock(session, order.quantities)
    return _changed(session, order, "order.cancelled", caller)


def refund(
    session: Session, order: Order, caller: Caller, amount: int | None = None, *, restock: bool = False
) -> Order:
    """Give back what was paid, or less, and put the stock back if the goods can be sold again."""
    order.refund(amount, restock=restock)
    if restock:
        products.restock(session, order.quantities)
    details = {"refunded_amount": order.refunded_amount, "restocked": restock}
    return _changed(session, order, "order.refunded", caller, **details)


def _merged(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for product_id, quantity in lines:
        quantities[product_id] = quantities.get(product_id, 0) + quantity
    return quantities


def _line(position: int, product: Row[Any], quantity: int) -> dict[str, Any]:
    """A line at the price of now."""
    frozen = {"sku": product.sku, "name": product.name, "unit_price_amount": product.price_amount}
    return {"product_id": product.id, "position": position, "quantity": quantity, **frozen}


def _one_currency(taken: Mapping[str, Row[Any]]) -> str:
    currencies: set[str] = {product.currency for product in taken.values()}
    if len(currencies) > 1:
        raise CurrencyMismatch
    return currencies.pop()


def _changed(session: Session, order: Order, what: str, caller: Caller, **details: Any) -> Order:
    """Write the change, together with the event that tells of it."""
    events.record(session, what, order.id, caller=caller, data={"status": order.status, **details})
    session.flush()
    return order
