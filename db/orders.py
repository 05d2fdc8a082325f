"""Orders: what somebody bought at which price, and the states that an order can be in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    exists,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from db.users import is_staff
from orderly import Caller
from orderly.clock import now
from orderly.database.connections import AnySession
from orderly.database.models import Base, UtcDateTime
from orderly.database.pagination import within
from orderly.errors import Conflict, Invalid, require

MAX_METADATA_MEMBERS = 20
"""How many members an order's metadata can have."""
PENDING, PAID, FULFILLED, CANCELLED, REFUNDED = "pending", "paid", "fulfilled", "cancelled", "refunded"


class InvalidTransition(Conflict):
    """The order is in a state in which this cannot happen to it."""

    code = "invalid_transition"


class RefundTooLarge(Conflict):
    """Nobody gets back more than he paid."""

    code = "refund_too_large"


class Order(Base):
    """An order. Its lines hold stock of their products until it is restocked."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'paid', 'fulfilled', 'cancelled', 'refunded')", name="status"),
        CheckConstraint("total_amount >= 0", name="total_amount"),
        CheckConstraint(
            "(status IN ('pending', 'cancelled')) = (paid_at IS NULL)"
            " AND (paid_at IS NULL) = (payment_reference IS NULL)",
            name="paid",
        ),
        CheckConstraint(
            "(status <> 'fulfilled' OR fulfilled_at IS NOT NULL)"
            " AND (fulfilled_at IS NULL OR status IN ('fulfilled', 'refunded'))"
            " AND (tracking IS NULL OR fulfilled_at IS NOT NULL)",
            name="fulfilled",
        ),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint(
            "(status = 'refunded') = (refunded_at IS NOT NULL) AND (refunded_at IS NULL) = (refunded_amount IS NULL)",
            name="refunded",
        ),
        CheckConstraint("refunded_amount BETWEEN 0 AND total_amount", name="refunded_amount"),
        CheckConstraint(
            "(status <> 'cancelled' OR restocked) AND (NOT restocked OR status IN ('cancelled', 'refunded'))",
            name="restocked",
        ),
        UniqueConstraint("payment_reference"),
        Index("ix_orders_created_at", "created_at", "id"),
        Index("ix_orders_user_id", "user_id", "created_at", "id"),
        Index("ix_orders_status", "status", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(20), default=PENDING)
    currency: Mapped[str] = mapped_column(String(3))
    total_amount: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(String(1000))
    shipping_address: Mapped[Mapping[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    order_metadata: Mapped[dict[str, str]] = mapped_column("metadata", JSON, default=dict)
    """`metadata` in the table and the contract; a declarative class has that name already."""
    payment_reference: Mapped[str | None] = mapped_column(String(200))
    tracking: Mapped[str | None] = mapped_column(String(200))
    refunded_amount: Mapped[int | None] = mapped_column(BigInteger)
    restocked: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, onupdate=now)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fulfilled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refunded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.position", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}

    @property
    def quantities(self) -> dict[str, int]:
        """How much of which product was ordered."""
        return {line.product_id: line.quantity for line in self.lines}

    def update(self, patch: Mapping[str, Any]) -> None:
        """Change note, shipping address or metadata of a pending order; None removes, also a member of metadata."""
        self._must_be(PENDING)
        self.note = patch.get("note", self.note)
        self.shipping_address = patch.get("shipping_address", self.shipping_address)
        self.order_metadata = _merged(self.order_metadata, patch.get("metadata", {}))

    def pay(self, reference: str) -> None:
        """Take note of the payment of a pending order."""
        self._must_be(PENDING)
        self.status, self.payment_reference, self.paid_at = PAID, reference, now()

    def fulfil(self, tracking: str | None) -> None:
        """Send a paid order on its way."""
        self._must_be(PAID)
        self.status, self.tracking, self.fulfilled_at = FULFILLED, tracking, now()

    def cancel(self) -> bool:
        """Cancel a pending order; False, and nothing happens, if it is cancelled."""
        if self.status == CANCELLED:
            return False
        self._must_be(PENDING)
        self.status, self.cancelled_at, self.restocked = CANCELLED, now(), True
        return True

    def refund(self, amount: int | None, *, restock: bool) -> None:
        """Give back what was paid, or less; once, and `RefundTooLarge` if it is more."""
        self._must_be(PAID, FULFILLED)
        amount = self.total_amount if amount is None else amount
        if amount > self.total_amount:
            raise RefundTooLarge
        self.status, self.refunded_amount, self.refunded_at, self.restocked = REFUNDED, amount, now(), restock

    def _must_be(self, *states: str) -> None:
        if self.status not in states:
            raise InvalidTransition(status=self.status, required=" or ".join(states))


class OrderLine(Base):
    """One product of an order, with the name and the price that it had then."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 1000000", name="quantity"),
        CheckConstraint("unit_price_amount >= 0", name="unit_price_amount"),
        UniqueConstraint("order_id", "product_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    unit_price_amount: Mapped[int] = mapped_column(BigInteger)


def visible_to(caller: Caller) -> Select[Order]:
    """The orders that a caller may see: his own, and all of them for staff."""
    statement = select(Order)
    return statement if is_staff(caller) else statement.where(Order.user_id == caller.id)


def changeable_by(caller: Caller, scope: str = "orders:manage") -> Select[Order]:
    """The orders that a caller may change: his own, and all of them with the scope."""
    statement = select(Order)
    return statement if caller.may(scope) else statement.where(Order.user_id == caller.id)


def matching(
    statement: Select[Order],
    *,
    status: str | None = None,
    user_id: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Select[Order]:
    """Those of the orders that fit all the filters given; `created_before` itself is not within."""
    if status is not None:
        statement = statement.where(Order.status == status)
    if user_id is not None:
        statement = statement.where(Order.user_id == user_id)
    return within(statement, Order.created_at, created_after, created_before)


def get(session: AnySession, order_id: str, caller: Caller) -> Order:
    """One order that the caller may see."""
    return require(session.scalar(visible_to(caller).where(Order.id == order_id)))


def get_to_change(session: Session, order_id: str, caller: Caller, scope: str = "orders:manage") -> Order:
    """One order that the caller may change, as it is now, and locked until the commit."""
    locked = changeable_by(caller, scope).where(Order.id == order_id).with_for_update()
    return require(session.scalar(locked, execution_options={"populate_existing": True}))


def has_open(session: Session, user_id: str) -> bool:
    """Whether somebody has orders under way: pending, or paid and not fulfilled."""
    open_ones = exists().where(Order.user_id == user_id, Order.status.in_((PENDING, PAID)))
    return bool(session.scalar(select(open_ones)))


def ids_of(user_id: str) -> Select[str]:
    """The ids of somebody's orders."""
    return select(Order.id).where(Order.user_id == user_id)


def erase(session: Session, user_id: str) -> None:
    """Forget what the orders of a user tell about a person."""
    forgotten: dict[str, Any] = {
        "note": None,
        "shipping_address": None,
        "order_metadata": {},
        "version": Order.version + 1,
    }
    session.execute(update(Order).where(Order.user_id == user_id).values(forgotten))


def _merged(metadata: Mapping[str, str], patch: Mapping[str, str | None] | None) -> dict[str, str]:
    """Metadata after a JSON Merge Patch (RFC 7396); `Invalid` if it has too many members then."""
    if patch is None:
        return {}
    merged = {name: value for name, value in {**metadata, **patch}.items() if value is not None}
    if len(merged) > MAX_METADATA_MEMBERS:
        raise Invalid("/metadata", "maxProperties", f"must leave at most {MAX_METADATA_MEMBERS} members")
    return merged
