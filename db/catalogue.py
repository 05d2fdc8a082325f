"""The public catalogue: the products that are not archived.

These are the most frequent reads, so they return rows of columns instead of objects.
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
"""The sort columns of the catalogue, by name in the contract."""

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
"""The query for the whole catalogue. Archived products are visible to no caller."""

_LITERAL = str.maketrans({each: f"/{each}" for each in "/%_"})
"""Escapes the wildcards of LIKE."""
_ONE = ALL_PRODUCTS.where(_COLUMNS.id == bindparam("product_id"))


def get(session: HasConnection, product_id: str) -> Row[Any]:
    """Return the row of a product.

    Raises:
        NotFound: the product does not exist or is archived.
    """
    return require(session.connection().execute(_ONE, {"product_id": product_id}).first())


def _contains(text: str) -> ColumnElement[bool]:
    """Return a condition for products that contain a text, in any case.

    SKU, name and description are the lines of `search`. Only the description may have several lines, so a text with a
    line break can only match there.
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
    """Return a query for the products that match all filters.

    Both price limits are inclusive. `q` is matched literally, in any case.
    """
    statement = ALL_PRODUCTS
    if q is not None:
        statement = statement.where(_contains(q))
    if category is not None:
        statement = statement.where(_COLUMNS.category == category)
    if currency is not None:
        statement = statement.where(_COLUMNS.currency == currency)
    if min_price is not None:
        statement = statement.where(_COLUMNS.price_amount >= min_price)
    if max_price is not None:
        statement = statement.where(_COLUMNS.price_amount <= max_price)
    if in_stock is not None:
        statement = statement.where(_COLUMNS.in_stock == in_stock)
    return statement
