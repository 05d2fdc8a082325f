"""The catalogue: the products that are for sale, as everybody sees them. It is read by columns, for it is read most."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.errors import NotFound
from db.products import Product

ORDERS: Mapping[str, InstrumentedAttribute[Any]] = {
    "created_at": Product.created_at,
    "name": Product.name,
    "price": Product.price_amount,
}
"""What the catalogue can be sorted by."""

SEEN: Sequence[InstrumentedAttribute[Any]] = (
    Product.id,
    Product.sku,
    Product.name,
    Product.description,
    Product.category,
    Product.price_amount,
    Product.currency,
    Product.stock,
    Product.version,
    Product.created_at,
    Product.updated_at,
)
EVERYTHING: Select[Any] = select(*SEEN).where(Product.archived_at.is_(None))
"""The whole catalogue. A product that is archived is gone for everybody."""

_ONE = EVERYTHING.where(Product.id == bindparam("product_id"))


def get(session: Session, product_id: str) -> Row[Any]:
    """One product as it is now."""
    row = session.connection().execute(_ONE, {"product_id": product_id}).first()
    if row is None:
        raise NotFound
    return row


def matching(
    *,
    q: str | None = None,
    category: str | None = None,
    currency: str | None = None,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
) -> Select[Any]:
    """The products that fit all the filters given; both prices are within, and `q` means itself, in any case."""
    found = EVERYTHING
    if q is not None:
        found = found.where(Product.search.contains(q.casefold(), autoescape=True))
    if category is not None:
        found = found.where(Product.category == category)
    if currency is not None:
        found = found.where(Product.currency == currency)
    if min_price is not None:
        found = found.where(Product.price_amount >= min_price)
    if max_price is not None:
        found = found.where(Product.price_amount <= max_price)
    if in_stock is not None:
        found = found.where(Product.in_stock == in_stock)
    return found
