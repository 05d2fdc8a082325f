"""Orders, their lines and the transitions of their status."""

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
"""Maximum number of members of an order's metadata."""
PENDING, PAID, FULFILLED, CANCELLED, REFUNDED = "pending", "paid", "fulfilled", "cancelled", "refunded"


class InvalidTransition(Conflict):
    """The status of the order does not allow this change."""

    code = "invalid_transition"


class RefundTooLarge(Conflict):
    """A refund cannot exceed the total of the order."""

    code = "refund_too_large"


class Order(Base):
    """An order; its lines hold stock of their products until a restock."""

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
    """The column `metadata`; that attribute name is reserved in a declarative class."""
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
        """Return the ordered quantity of each product."""
        return {line.product_id: line.quantity for line in self.lines}

    def update(self, patch: Mapping[str, Any]) -> None:
        """Update the note, shipping address or metadata of a pending order.

        None removes a value, also a member of the metadata.
        """
        self._check_status(PENDING)
        self.note = patch.get("note", self.note)
        self.shipping_address = patch.get("shipping_address", self.shipping_address)
        self.order_metadata = _merge_metadata(self.order_metadata, patch.get("metadata", {}))

    def pay(self, reference: str) -> None:
        """Record the payment of a pending order."""
        self._check_status(PENDING)
        self.status, self.payment_reference, self.paid_at = PAID, reference, now()

    def fulfil(self, tracking: str | None) -> None:
        """Record the shipment of a paid order."""
        self._check_status(PAID)
        self.status, self.tracking, self.fulfilled_at = FULFILLED, tracking, now()

    def cancel(self) -> bool:
        """Cancel a pending order; return False if it is cancelled already."""
        if self.status == CANCELLED:
            return False
        self._check_status(PENDING)
        self.status, self.cancelled_at, self.restocked = CANCELLED, now(), True
        return True

    def refund(self, amount: int | None, *, restock: bool) -> None:
        """Record a refund of the total, or of `amount`.

        Raises:
            RefundTooLarge: the amount exceeds the total.
        """
        self._check_status(PAID, FULFILLED)
        amount = self.total_amount if amount is None else amount
        if amount > self.total_amount:
            raise RefundTooLarge
        self.status, self.refunded_amount, self.refunded_at, self.restocked = REFUNDED, amount, now(), restock

    def _check_status(self, *allowed: str) -> None:
        if self.status not in allowed:
            raise InvalidTransition(status=self.status, required=" or ".join(allowed))


class OrderLine(Base):
    """A line of an order, with the product's name and price then."""

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
    """Return a query for the caller's orders, or all for staff."""
    statement = select(Order)
    return statement if is_staff(caller) else statement.where(Order.user_id == caller.id)


def changeable_by(caller: Caller, scope: str = "orders:manage") -> Select[Order]:
    """Return a query for the caller's orders, or all with the scope."""
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
    """Restrict a query by all filters; `created_before` is exclusive."""
    if status is not None:
        statement = statement.where(Order.status == status)
    if user_id is not None:
        statement = statement.where(Order.user_id == user_id)
    return within(statement, Order.created_at, created_after, created_before)


def get(session: AnySession, order_id: str, caller: Caller) -> Order:
    """Return an order that the caller may see.

    Raises:
        NotFound: there is no such order.
    """
    return require(session.scalar(visible_to(caller).where(Order.id == order_id)))


def get_to_change(session: Session, order_id: str, caller: Caller, scope: str = "orders:manage") -> Order:
    """Return the current state of an order, locked until the commit.

    Raises:
        NotFound: there is no such order, or the caller may not change it.
    """
    locked = changeable_by(caller, scope).where(Order.id == order_id).with_for_update()
    return require(session.scalar(locked, execution_options={"populate_existing": True}))


def has_open(session: Session, user_id: str) -> bool:
    """Return whether a user has orders that are pending or paid."""
    open_orders = exists().where(Order.user_id == user_id, Order.status.in_((PENDING, PAID)))
    return bool(session.scalar(select(open_orders)))


def ids_of(user_id: str) -> Select[str]:
    """Return a query for the ids of a user's orders."""
    return select(Order.id).where(Order.user_id == user_id)


def erase(session: Session, user_id: str) -> None:
    """Remove personal data from the orders of a user."""
    erased: dict[str, Any] = {
        "note": None,
        "shipping_address": None,
        "order_metadata": {},
        "version": Order.version + 1,
    }
    session.execute(update(Order).where(Order.user_id == user_id).values(erased))


def _merge_metadata(metadata: Mapping[str, str], patch: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return the metadata after a JSON Merge Patch (RFC 7396).

    Raises:
        Invalid: the result has too many members.
    """
    if patch is None:
        return {}
    merged = {name: value for name, value in {**metadata, **patch}.items() if value is not None}
    if len(merged) > MAX_METADATA_MEMBERS:
        raise Invalid("/metadata", "maxProperties", f"must leave at most {MAX_METADATA_MEMBERS} members")
    return merged
