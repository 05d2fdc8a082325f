"""The stock ledger: every change of a product's stock that is not an order's, who made it and why.

The adjustments of a product, less what its live order lines hold, always add up to its stock. So a row here is
written in the transaction that changes the stock, and is never changed or deleted.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.models import Base, UtcDateTime

INITIAL = "initial stock"
"""The reason of the adjustment that a product created with stock begins with."""


class StockAdjustment(Base):
    """One change of a product's stock."""

    __tablename__ = "stock_adjustments"
    __table_args__ = (
        CheckConstraint("delta <> 0", name="delta"),
        Index("ix_stock_adjustments_product_id", "product_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    delta: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Who made it; None if nobody was signed in, as on the command line."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def record_adjustment(
    session: Session, product_id: str, delta: int, reason: str, *, caller: Caller | None
) -> StockAdjustment:
    """Write an entry, in the transaction that changes the stock."""
    entry = StockAdjustment(id=new_id("adj"), product_id=product_id, delta=delta, reason=reason)
    entry.user_id = caller.id if caller else None
    session.add(entry)
    session.flush()
    return entry


def adjustments_for(product_id: str) -> Select[StockAdjustment]:
    """The entries of one product."""
    return select(StockAdjustment).where(StockAdjustment.product_id == product_id)
