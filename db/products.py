"""Products, their prices and their stock."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Index,
    Row,
    String,
    Text,
    Update,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import events
from db import stock_ledger as ledger
from db.stock_ledger import StockAdjustment
from orderly import Caller
from orderly.clock import new_id, now
from orderly.database.errors import unique
from orderly.database.json_rows import JsonPairs
from orderly.database.models import Base, UtcDateTime
from orderly.errors import Conflict, require

MAX_STOCK = 1_000_000_000
"""Maximum stock of a product, and maximum price in minor units."""
MAX_NAMED_PRODUCTS = 10
"""Maximum number of products named in an error."""


class SkuTaken(Conflict):
    """Another unarchived product has this SKU."""

    code = "sku_taken"


class ProductUnavailable(Conflict):
    """An ordered product does not exist or is archived."""

    code = "product_unavailable"


class InsufficientStock(Conflict):
    """The stock of a product is lower than the requested quantity."""

    code = "insufficient_stock"


class StockLimit(Conflict):
    """The stock of a product would exceed the maximum."""

    code = "stock_limit"


def _unarchived_index(name: str, *columns: str, unique: bool = False) -> Index:
    """Return a partial index without archived products, for both databases."""
    condition = text("archived_at IS NULL")
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Product(Base):
    """A product.

    The row of an archived product remains, because orders refer to it, and its SKU becomes available. Only `reserve`,
    `restock` and `adjust` change the stock.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(f"price_amount BETWEEN 0 AND {MAX_STOCK}", name="price_amount"),
        CheckConstraint(f"stock BETWEEN 0 AND {MAX_STOCK}", name="stock"),
        _unarchived_index("ix_products_sku", "sku", unique=True),
        _unarchived_index("ix_products_created_at", "created_at", "id"),
        _unarchived_index("ix_products_name", "name", "id"),
        _unarchived_index("ix_products_price_amount", "price_amount", "id"),
        _unarchived_index("ix_products_category", "category", "created_at", "id"),
        _unarchived_index("ix_products_currency", "currency", "price_amount", "id"),
        _unarchived_index("ix_products_in_stock", "in_stock", "created_at", "id"),
        # A search matches a text anywhere in another. PostgreSQL uses an index of trigrams. SQLite has none, and scans
        # the list in its order until the page is full (17 ms for 50,000 products without a match).
        Index(
            "ix_products_search",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
            info={"only": "postgresql"},
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sku: Mapped[str] = mapped_column(String(64))
    # PostgreSQL's default collation sorts by the rules of a language. Both databases should sort alike.
    name: Mapped[str] = mapped_column(String(200).with_variant(String(200, collation="C"), "postgresql"))
    description: Mapped[str | None] = mapped_column(String(2000))
    category: Mapped[str | None] = mapped_column(String(100))
    price_amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    stock: Mapped[int]
    in_stock: Mapped[bool] = mapped_column(Computed("stock > 0", persisted=True))
    """The filter column of the list. Every order would write to an index on the stock itself."""
    search: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, onupdate=now)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": version}

    @property
    def facts(self) -> dict[str, Any]:
        """Return the event data of a created or updated product."""
        return {"price_amount": self.price_amount, "currency": self.currency, "stock": self.stock}

    def describe(self, columns: Mapping[str, Any]) -> None:
        """Set some of sku, name, description, category, price_amount and currency."""
        for name, value in columns.items():
            setattr(self, name, value)
        self.search = f"{self.sku}\n{self.name}\n{self.description or ''}".casefold()


def create(session: Session, caller: Caller | None, *, stock: int = 0, **columns: Any) -> Product:
    """Create a product with the columns of `Product.describe`.

    Raises:
        SkuTaken: another unarchived product has the SKU.
    """
    at = now()
    product = Product(id=new_id("prd"), stock=stock, created_at=at, updated_at=at)
    product.describe(columns)
    session.add(product)
    _flush(session)
    if stock:
        ledger.record_adjustment(session, product.id, stock, ledger.INITIAL, caller=caller)
    events.record(session, "product.created", product.id, caller=caller, data=product.facts)
    return product


def get(session: Session, product_id: str) -> Product:
    """Return a product to change, locked until the commit.

    Raises:
        NotFound: the product does not exist or is archived.
    """
    statement = select(Product).where(Product.id == product_id, Product.archived_at.is_(None)).with_for_update()
    return require(session.scalar(statement, execution_options={"populate_existing": True}))


def change(session: Session, caller: Caller | None, product_id: str, columns: Mapping[str, Any]) -> Product:
    """Change columns of a product; without a difference nothing is recorded.

    Raises:
        NotFound: the product does not exist or is archived.
        SkuTaken: another unarchived product has the new SKU.
    """
    product = get(session, product_id)
    product.describe(columns)
    if session.is_modified(product):
        _flush(session)
        events.record(session, "product.updated", product.id, caller=caller, data=product.facts)
    return product


def archive(session: Session, caller: Caller | None, product_id: str) -> None:
    """Archive a product permanently.

    Raises:
        NotFound: the product does not exist or is archived already.
    """
    get(session, product_id).archived_at = now()
    session.flush()
    events.record(session, "product.archived", product_id, caller=caller)


def adjust(session: Session, caller: Caller | None, product_id: str, *, delta: int, reason: str) -> StockAdjustment:
    """Change the stock of a product, and record the reason.

    Raises:
        NotFound: the product does not exist or is archived.
        InsufficientStock: the stock would become negative.
        StockLimit: the stock would exceed the maximum.
    """
    product = get(session, product_id)
    if not 0 <= product.stock + delta <= MAX_STOCK:
        raise (InsufficientStock if delta < 0 else StockLimit)(products=product_id)
    _adjust_stock(session, _ADJUST, {product_id: delta})
    adjustment = ledger.record_adjustment(session, product_id, delta, reason, caller=caller)
    data = {"adjustment_id": adjustment.id, "delta": delta}
    events.record(session, "stock.adjusted", product_id, caller=caller, data=data)
    return adjustment


def reserve(session: Session, quantities: Mapping[str, int]) -> dict[str, Row[Any]]:
    """Take quantities from the stock, and return the products by id.

    After an error some quantities may be taken, so the transaction must roll back.

    Raises:
        ProductUnavailable: a product does not exist or is archived.
        InsufficientStock: the stock of a product is too low.
    """
    reserved = _adjust_stock(session, _RESERVE, {product_id: -quantity for product_id, quantity in quantities.items()})
    if failed := quantities.keys() - reserved.keys():
        if missing := failed - set(session.scalars(select(Product.id).where(Product.id.in_(failed), _UNARCHIVED))):
            raise ProductUnavailable(products=_list_ids(missing))
        raise InsufficientStock(products=_list_ids(failed))
    return reserved


def restock(session: Session, quantities: Mapping[str, int]) -> None:
    """Return quantities to the stock, also of archived products.

    Raises:
        StockLimit: the stock of a product would exceed the maximum.
    """
    restocked = _adjust_stock(session, _ADJUST, quantities)
    if failed := quantities.keys() - restocked.keys():
        raise StockLimit(products=_list_ids(failed))


def _adjust_stock(session: Session, statement: Update, deltas: Mapping[str, int]) -> dict[str, Row[Any]]:
    """Adjust the stock where the limits allow, and return the changed products."""
    return {row.id: row for row in session.connection().execute(statement, {"deltas": deltas})}


# These run for every order, so they are built once. They lock rows in the order of their ids, so that concurrent
# transactions on the same products queue without a deadlock.
_UNARCHIVED = Product.archived_at.is_(None)
_DELTAS = JsonPairs("deltas")
_LOCKED = (
    select(Product.id, _DELTAS.value.label("delta"))
    .join_from(Product, _DELTAS.rows, Product.id == _DELTAS.key)
    .order_by(Product.id)
    .with_for_update(of=Product)
    .subquery("locked")
)
_STOCK = Product.stock + _LOCKED.c.delta
_ADJUST = (
    update(Product)
    .where(Product.id == _LOCKED.c.id, _STOCK.between(0, MAX_STOCK))
    .values(stock=_STOCK, version=Product.version + 1)
    .returning(Product.id, Product.sku, Product.name, Product.price_amount, Product.currency)
)
_RESERVE = _ADJUST.where(_UNARCHIVED)


def _list_ids(ids: Iterable[str]) -> str:
    """Return the first ids, joined by commas."""
    return ", ".join(sorted(ids)[:MAX_NAMED_PRODUCTS])


def _flush(session: Session) -> None:
    with unique("products", "sku", to=SkuTaken):
        session.flush()
