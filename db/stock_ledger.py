"""The stock ledger: every change of stock except by orders.

The sum of a product's adjustments, minus the quantities held by its order lines, always equals its stock. So an
adjustment is inserted in the transaction that changes the stock, and is never changed or deleted.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.models import Base, UtcDateTime

INITIAL = "initial stock"
"""The reason of the first adjustment of a product that was created with stock."""


class StockAdjustment(Base):
    """A change of a product's stock with its reason."""

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
    """The author; None without a signed-in caller, as on the command line."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


def record_adjustment(
    session: Session, product_id: str, delta: int, reason: str, *, caller: Caller | None
) -> StockAdjustment:
    """Insert an adjustment in the transaction that changes the stock."""
    adjustment = StockAdjustment(id=new_id("adj"), product_id=product_id, delta=delta, reason=reason)
    adjustment.user_id = caller.id if caller else None
    session.add(adjustment)
    session.flush()
    return adjustment


def adjustments_for(product_id: str) -> Select[StockAdjustment]:
    """Return a query for the adjustments of a product."""
    return select(StockAdjustment).where(StockAdjustment.product_id == product_id)
