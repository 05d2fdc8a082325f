"""The catalogue, and the ledger of its stock."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from db import catalogue, products, stock
from db.access import Rows
from db.base import rfc3339
from db.page import Listing
from db.products import Product
from db.stock import StockAdjustment
from db.users import Caller
from openapi import types


def list_products(
    *,
    sort: str,
    q: str | None = None,
    category: str | None = None,
    currency: str | None = None,
    min_price: int | None = None,
    max_price: int | None = None,
    in_stock: bool | None = None,
) -> Listing[types.Product]:
    """The products that fit all filters, in the order that is asked for."""
    found = catalogue.matching(
        q=q, category=category, currency=currency, min_price=min_price, max_price=max_price, in_stock=in_stock
    )
    order = catalogue.ORDERS[sort.removeprefix("-")]
    return Listing(found, order=order, shape=_shape, descending=sort.startswith("-"), of_rows=True)


def create_product(body: types.ProductCreate, *, session: Session, caller: Caller) -> types.Product:
    """Add a product, with the stock that it begins with."""
    return _shape(products.create(session, caller, stock=body["stock"], **_described(body)))


def get_product(*, product_id: str, rows: Rows) -> types.Product:
    """One product, as everybody sees it."""
    return _shape(catalogue.get(rows, product_id))


def update_product(body: types.ProductUpdate, *, product_id: str, session: Session, caller: Caller) -> types.Product:
    """Describe a product anew."""
    return _shape(products.change(session, caller, product_id, _described(body)))


def archive_product(*, product_id: str, session: Session, caller: Caller) -> None:
    """Take a product out of the catalogue."""
    products.archive(session, caller, product_id)


def list_stock_adjustments(*, product_id: str, rows: Rows) -> Listing[types.StockAdjustment]:
    """What was added to the stock of a product and taken from it, orders excepted; newest first."""
    catalogue.get(rows, product_id)
    return Listing(
        stock.entries(product_id), order=[StockAdjustment.created_at, StockAdjustment.id], shape=_shape_adjustment
    )


def adjust_stock(
    body: types.StockAdjustmentCreate, *, product_id: str, session: Session, caller: Caller
) -> types.StockAdjustment:
    """Add to the stock of a product, or take from it."""
    return _shape_adjustment(products.adjust(session, caller, product_id, **body))


def _described(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a product, as the row has it."""
    given = {name: body[name] for name in ("sku", "name", "description", "category") if name in body}
    if "price" in body:
        given |= {"price_amount": body["price"]["amount"], "currency": body["price"]["currency"]}
    return given


def _shape(row: Product | Row[Any]) -> types.Product:
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


def _shape_adjustment(row: StockAdjustment) -> types.StockAdjustment:
    return {
        "id": row.id,
        "product_id": row.product_id,
        "delta": row.delta,
        "reason": row.reason,
        "user_id": row.user_id,
        "created_at": rfc3339(row.created_at),
    }
