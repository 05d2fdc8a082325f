"""Operations of the tag products: the catalogue and its stock ledger."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from db import catalogue, products, stock_ledger
from db.products import Product
from db.stock_ledger import StockAdjustment
from handlers import contract_types
from orderly import Caller, Page, ReadSession
from orderly.times import rfc3339


def list_products(
    *,
    sort: str,
    q: str | None = None,
    category: str | None = None,
    currency: str | None = None,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
) -> Page[contract_types.Product]:
    """List the products that match all filters, in the requested order."""
    query = catalogue.matching(
        q=q, category=category, currency=currency, min_price=min_price, max_price=max_price, in_stock=in_stock
    )
    order = catalogue.SORT_KEYS[sort.removeprefix("-")]
    constant = query is catalogue.ALL_PRODUCTS
    return Page(query, _serialize, order, descending=sort.startswith("-"), of_rows=True, constant=constant)


def create_product(body: contract_types.ProductCreate, *, session: Session, caller: Caller) -> contract_types.Product:
    """Create a product with its initial stock."""
    return _serialize(products.create(session, caller, stock=body["stock"], **_columns(body)))


def get_product(*, product_id: str, session: ReadSession) -> contract_types.Product:
    """Return a product."""
    return _serialize(catalogue.get(session, product_id))


def update_product(
    body: contract_types.ProductUpdate, *, product_id: str, session: Session, caller: Caller
) -> contract_types.Product:
    """Update the description or the price of a product."""
    return _serialize(products.change(session, caller, product_id, _columns(body)))


def archive_product(*, product_id: str, session: Session, caller: Caller) -> None:
    """Remove a product from the catalogue."""
    products.archive(session, caller, product_id)


def list_stock_adjustments(*, product_id: str, session: ReadSession) -> Page[contract_types.StockAdjustment]:
    """List the stock adjustments of a product, newest first."""
    catalogue.get(session, product_id)
    order = [StockAdjustment.created_at, StockAdjustment.id]
    return Page(stock_ledger.adjustments_for(product_id), _serialize_adjustment, order)


def adjust_stock(
    body: contract_types.StockAdjustmentCreate, *, product_id: str, session: Session, caller: Caller
) -> contract_types.StockAdjustment:
    """Increase or decrease the stock of a product."""
    return _serialize_adjustment(
        products.adjust(session, caller, product_id, delta=body["delta"], reason=body["reason"])
    )


def _columns(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a product that a body sets."""
    columns = {name: body[name] for name in ("sku", "name", "description", "category") if name in body}
    if "price" in body:
        columns |= {"price_amount": body["price"]["amount"], "currency": body["price"]["currency"]}
    return columns


def _serialize(row: Product | Row[Any]) -> contract_types.Product:
    return {
        "id": row.id,
        "sku": row.sku,
        "name": row.name,
        "description": row.description,
        "category": row.category,
        "price": {"amount": row.price_amount, "currency": row.currency},
        "stock": row.stock,
        "version": row.version,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }


def _serialize_adjustment(row: StockAdjustment) -> contract_types.StockAdjustment:
    return {
        "id": row.id,
        "product_id": row.product_id,
        "delta": row.delta,
        "reason": row.reason,
        "user_id": row.user_id,
        "created_at": rfc3339(row.created_at),
    }
