"""Products: what is for sale, for how much, and how many there are."""

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
"""The highest price (in minor units) and the largest stock that a product can have."""
MAX_NAMED_PRODUCTS = 10
"""How many products a refusal names."""


class SkuTaken(Conflict):
    """Another product that is for sale has this SKU."""

    code = "sku_taken"


class ProductUnavailable(Conflict):
    """A product that is ordered does not exist, or is not sold any more."""

    code = "product_unavailable"


class InsufficientStock(Conflict):
    """There are fewer than somebody wants to take."""

    code = "insufficient_stock"


class StockLimit(Conflict):
    """There would be more than can be counted."""

    code = "stock_limit"


def _of_those_for_sale(name: str, *columns: str, unique: bool = False) -> Index:
    """An index that archived products are not in, on either database."""
    condition = text("archived_at IS NULL")
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Product(Base):
    """Something for sale. When it is archived its row stays, for the orders that point to it, and its SKU is free.

    The stock is moved by `reserve`, `restock` and `adjust` only.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint(f"price_amount BETWEEN 0 AND {MAX_STOCK}", name="price_amount"),
        CheckConstraint(f"stock BETWEEN 0 AND {MAX_STOCK}", name="stock"),
        _of_those_for_sale("ix_products_sku", "sku", unique=True),
        _of_those_for_sale("ix_products_created_at", "created_at", "id"),
        _of_those_for_sale("ix_products_name", "name", "id"),
        _of_those_for_sale("ix_products_price_amount", "price_amount", "id"),
        _of_those_for_sale("ix_products_category", "category", "created_at", "id"),
        _of_those_for_sale("ix_products_currency", "currency", "price_amount", "id"),
        _of_those_for_sale("ix_products_in_stock", "in_stock", "created_at", "id"),
        # A search looks for a text anywhere in another. PostgreSQL finds it by its trigrams; SQLite has nothing of the
        # kind and reads the list in its order until the page is full (17 ms for 50,000 products without a match).
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
    # PostgreSQL sorts by the rules of a language unless told otherwise; both databases shall sort alike.
    name: Mapped[str] = mapped_column(String(200).with_variant(String(200, collation="C"), "postgresql"))
    description: Mapped[str | None] = mapped_column(String(2000))
    category: Mapped[str | None] = mapped_column(String(100))
    price_amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    stock: Mapped[int]
    in_stock: Mapped[bool] = mapped_column(Computed("stock > 0", persisted=True))
    """What the list is filtered by. An index on the stock itself would be written by every order."""
    search: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, onupdate=now)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": version}

    @property
    def facts(self) -> dict[str, Any]:
        """What is told of it when it is new or described anew."""
        return {"price_amount": self.price_amount, "currency": self.currency, "stock": self.stock}

    def describe(self, given: Mapping[str, Any]) -> None:
        """Set some of sku, name, description, category, price_amount and currency."""
        for name, value in given.items():
            setattr(self, name, value)
        self.search = f"{self.sku}\n{self.name}\n{self.description or ''}".casefold()


def create(session: Session, caller: Caller | None, *, stock: int = 0, **given: Any) -> Product:
    """A new product, as `Product.describe` takes it; `SkuTaken` if another one that is for sale has its SKU."""
    at = now()
    product = Product(id=new_id("prd"), stock=stock, created_at=at, updated_at=at)
    product.describe(given)
    session.add(product)
    _flush(session)
    if stock:
        ledger.record_adjustment(session, product.id, stock, ledger.INITIAL, caller=caller)
    events.record(session, "product.created", product.id, caller=caller, data=product.facts)
    return product


def get(session: Session, product_id: str) -> Product:
    """One product that is for sale, locked until the commit, to be changed."""
    one = select(Product).where(Product.id == product_id, Product.archived_at.is_(None)).with_for_update()
    return require(session.scalar(one, execution_options={"populate_existing": True}))


def change(session: Session, caller: Caller | None, product_id: str, given: Mapping[str, Any]) -> Product:
    """Describe a product anew; `SkuTaken` if its new SKU is another one's. What is as it was changes nothing."""
    product = get(session, product_id)
    product.describe(given)
    if session.is_modified(product):
        _flush(session)
        events.record(session, "product.updated", product.id, caller=caller, data=product.facts)
    return product


def archive(session: Session, caller: Caller | None, product_id: str) -> None:
    """Take a product out of the catalogue, for good."""
    get(session, product_id).archived_at = now()
    session.flush()
    events.record(session, "product.archived", product_id, caller=caller)


def adjust(session: Session, caller: Caller | None, product_id: str, *, delta: int, reason: str) -> StockAdjustment:
    """Change the stock of a product, and say why.

    Raises:
        NotFound: there is no such product for sale.
        InsufficientStock: there would be fewer than none.
        StockLimit: there would be too many.
    """
    product = get(session, product_id)
    if not 0 <= product.stock + delta <= MAX_STOCK:
        raise (InsufficientStock if delta < 0 else StockLimit)(products=product_id)
    _adjust_stock(session, _ADJUST, {product_id: delta})
    adjustment = ledger.record_adjustment(session, product_id, delta, reason, caller=caller)
    data = {"adjustment_id": adjustment.id, "delta": delta}
    events.record(session, "stock.adjusted", product_id, caller=caller, data=data)
    return adjustment


def reserve(session: Session, wanted: Mapping[str, int]) -> dict[str, Row[Any]]:
    """Take quantities of products from the stock: all of them, or the caller rolls back. Gives the products.

    Raises:
        ProductUnavailable: one does not exist or is archived.
        InsufficientStock: there are fewer of one.
    """
    taken = _adjust_stock(session, _RESERVE, {product_id: -quantity for product_id, quantity in wanted.items()})
    if refused := wanted.keys() - taken.keys():
        if missing := refused - set(session.scalars(select(Product.id).where(Product.id.in_(refused), _FOR_SALE))):
            raise ProductUnavailable(products=_list_ids(missing))
        raise InsufficientStock(products=_list_ids(refused))
    return taken


def restock(session: Session, quantities: Mapping[str, int]) -> None:
    """Give back what was taken, to archived products too; `StockLimit` if there would be too many of one."""
    moved = _adjust_stock(session, _ADJUST, quantities)
    if full := quantities.keys() - moved.keys():
        raise StockLimit(products=_list_ids(full))


def _adjust_stock(session: Session, statement: Update, deltas: Mapping[str, int]) -> dict[str, Row[Any]]:
    """Add to the stock of those products that have room for it. Gives them, as they are now."""
    return {row.id: row for row in session.connection().execute(statement, {"deltas": deltas})}


# They run for every order, so they are built once. The rows are locked in the order of their ids, so that those who
# want the same ones queue and never block each other.
_FOR_SALE = Product.archived_at.is_(None)
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
_RESERVE = _ADJUST.where(_FOR_SALE)


def _list_ids(ids: Iterable[str]) -> str:
    """Return the first of some product ids as text."""
    return ", ".join(sorted(ids)[:MAX_NAMED_PRODUCTS])


def _flush(session: Session) -> None:
    with unique("products", "sku", to=SkuTaken):
        session.flush()
