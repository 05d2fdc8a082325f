"""The common part of all peers.

The tables, the caller of a token, and the queries as in SQLAlchemy's tutorials.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

import jwt
from sqlalchemy import create_engine, select, tuple_, update
from sqlalchemy.orm import Session

from db.orders import Order, OrderLine
from db.products import Product
from db.users import User
from orderly.clock import new_id, now
from orderly.times import rfc3339

URL = os.environ["ORDERLY_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
SECRET = os.environ["ORDERLY_SECRET_KEY"]
LITE = URL.startswith("sqlite")
engine = create_engine(URL, connect_args={"check_same_thread": False, "timeout": 30} if LITE else {}, pool_size=10)


class Refused(Exception):
    """A rejected caller or order, with its status."""


def user_of(session: Session, authorization: str) -> User:
    """Return the user of a bearer token, as in FastAPI's security tutorial."""
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"], audience="orderly")
    except jwt.InvalidTokenError:
        raise Refused(401) from None
    user = session.get(User, claims["sub"])
    if user is None or user.status != "active":
        raise Refused(401)
    return user


def product(session: Session, product_id: str) -> Product:
    """Return one product."""
    found = session.get(Product, product_id)
    if found is None:
        raise Refused(404)
    return found


def page(session: Session, limit: int, cursor: str | None) -> tuple[list[Product], str | None]:
    """Return a page of products, newest first.

    With it comes the cursor of the next page.
    """
    newest = select(Product).where(Product.archived_at.is_(None))
    newest = newest.order_by(Product.created_at.desc(), Product.id.desc()).limit(limit + 1)
    if cursor:
        at, id_ = urlsafe_b64decode(cursor).decode().split(" ")
        newest = newest.where(tuple_(Product.created_at, Product.id) < (datetime.fromisoformat(at), id_))
    found = list(session.scalars(newest))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], urlsafe_b64encode(f"{last.created_at.isoformat()} {last.id}".encode()).decode()


def place(session: Session, user: User, quantities: list[tuple[str, int]]) -> Order:
    """Create an order; stock is taken in the order of the ids."""
    order = Order(id=new_id("ord"), user_id=user.id, status="pending", version=1, currency="", total_amount=0)
    order.order_metadata, order.created_at, order.updated_at = {}, now(), now()
    for position, (product_id, quantity) in enumerate(sorted(quantities)):
        taken = (
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity)
            .values(stock=Product.stock - quantity, version=Product.version + 1)
            .returning(Product)
        )
        found = session.scalar(taken)
        if found is None:
            raise Refused(409)
        line = OrderLine(id=new_id("lin"), product_id=product_id, position=position, quantity=quantity)
        line.sku, line.name, line.unit_price_amount = found.sku, found.name, found.price_amount
        order.lines.append(line)
        order.currency, order.total_amount = found.currency, order.total_amount + quantity * found.price_amount
    session.add(order)
    session.commit()
    return order


def product_json(row: Any) -> dict[str, Any]:
    """Return a product as JSON."""
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


def order_json(order: Order) -> dict[str, Any]:
    """Return an order as JSON."""
    return {
        "id": order.id,
        "user_id": order.user_id,
        "status": order.status,
        "lines": [line_json(line, order.currency) for line in order.lines],
        "total": {"amount": order.total_amount, "currency": order.currency},
        "note": order.note,
        "metadata": order.order_metadata,
        "version": order.version,
        "created_at": rfc3339(order.created_at),
    }


def line_json(line: OrderLine, currency: str) -> dict[str, Any]:
    """Return a line of an order as JSON."""
    return {
        "id": line.id,
        "product_id": line.product_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": {"amount": line.unit_price_amount, "currency": currency},
    }
