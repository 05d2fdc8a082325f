"""The catalogue: the products that are for sale, as everybody sees them.

It is read most, so by columns of the table and not as objects.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select

from db.products import Product
from orderly.database.connections import HasConnection
from orderly.database.pagination import SortColumn
from orderly.errors import require

_COLUMNS = Product.__table__.c

SORT_KEYS: Mapping[str, Sequence[SortColumn]] = {
    "created_at": (_COLUMNS.created_at, _COLUMNS.id),
    "name": (_COLUMNS.name, _COLUMNS.id),
    "price": (_COLUMNS.price_amount, _COLUMNS.id),
}
"""What the catalogue can be sorted by."""

COLUMNS = (
    _COLUMNS.id,
    _COLUMNS.sku,
    _COLUMNS.name,
    _COLUMNS.description,
    _COLUMNS.category,
    _COLUMNS.price_amount,
    _COLUMNS.currency,
    _COLUMNS.stock,
    _COLUMNS.version,
    _COLUMNS.created_at,
    _COLUMNS.updated_at,
)
ALL_PRODUCTS: Select[Any] = select(*COLUMNS).where(_COLUMNS.archived_at.is_(None))
"""The whole catalogue. A product that is archived is gone for everybody."""

_LITERAL = str.maketrans({each: f"/{each}" for each in "/%_"})
"""What has a meaning in LIKE, so that it means itself."""
_ONE = ALL_PRODUCTS.where(_COLUMNS.id == bindparam("product_id"))


def get(session: HasConnection, product_id: str) -> Row[Any]:
    """One product as it is now."""
    return require(session.connection().execute(_ONE, {"product_id": product_id}).first())


def _has(text: str) -> ColumnElement[bool]:
    """That sku, name or description has a text, in any case.

    They are lines of `search`, of which only the description has several: a text with the end of a line is there.
    """
    before = "%\n%\n" if "\n" in text else ""
    return _COLUMNS.search.like(f"{before}%{text.casefold().translate(_LITERAL)}%", escape="/")


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
    found = ALL_PRODUCTS
    if q is not None:
        found = found.where(_has(q))
    if category is not None:
        found = found.where(_COLUMNS.category == category)
    if currency is not None:
        found = found.where(_COLUMNS.currency == currency)
    if min_price is not None:
        found = found.where(_COLUMNS.price_amount >= min_price)
    if max_price is not None:
        found = found.where(_COLUMNS.price_amount <= max_price)
    if in_stock is not None:
        found = found.where(_COLUMNS.in_stock == in_stock)
    return found
