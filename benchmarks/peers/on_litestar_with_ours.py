"""Litestar with the tables, statements and token checks of Orderly.

The remaining difference between the two is the framework.
"""

import os
from contextlib import contextmanager
from typing import Annotated, Any

from anyio import to_thread
from litestar import Litestar, Request, get, post
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import Parameter
from pydantic import SecretStr

from benchmarks.peers.on_litestar import Bearer, Line, Money, Order, Page, Product, Wanted, health
from db import catalogue, order_actions
from handlers.orders import _serialize as order_json
from handlers.products import _serialize as product_json
from handlers.security import bearer
from orderly import Caller, Roles, Settings
from orderly.database import pagination
from orderly.database.database import Database
from tests.shop.application import CONTRACT

database = Database(os.environ["ORDERLY_DATABASE_URL"])
settings = Settings(secret_key=SecretStr(os.environ["ORDERLY_SECRET_KEY"]))
roles = Roles(CONTRACT.roles)


@contextmanager
def reading(authorization: str) -> Any:
    with database.reading() as reads:
        caller = bearer(authorization.removeprefix("Bearer "), session=reads, settings=settings, roles=roles)
        yield reads, caller


def product(row: Any) -> Product:
    fields = product_json(row)
    return Product(**{**fields, "price": Money(**fields["price"])})


def order(row: Any) -> Order:
    fields = order_json(row)
    lines = [Line(**{**line, "unit_price": Money(**line["unit_price"])}) for line in fields["lines"]]
    plain = {name: fields[name] for name in ("id", "user_id", "status", "note", "metadata", "version", "created_at")}
    return Order(**plain, lines=lines, total=Money(**fields["total"]))


@get("/v1/products/{product_id:str}", sync_to_thread=True)
def get_product(product_id: str, authorization: Bearer) -> Product:
    with reading(authorization) as (reads, _):
        return product(catalogue.get(reads, product_id))


@get("/v1/products", sync_to_thread=True)
def list_products(authorization: Bearer, limit: Annotated[int, Parameter(ge=1, le=100)] = 20) -> Page:
    with reading(authorization) as (reads, _):
        order = catalogue.SORT_KEYS["created_at"]
        listing = pagination.Page(catalogue.ALL_PRODUCTS, product, order, of_rows=True, constant=True)
        page = listing.rows(reads.connection(), limit)
        return Page(page.data, page.has_more, str(page.last))


def find_caller(authorization: str) -> Caller:
    with reading(authorization) as (_, caller):
        return caller


class SignedIn(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        caller = await to_thread.run_sync(find_caller, connection.headers.get("Authorization", ""))
        return AuthenticationResult(user=caller, auth=None)


@post("/v1/orders", sync_to_thread=True, middleware=[SignedIn])
def create_order(data: Wanted, request: Request) -> Order:
    with database.writing() as session:
        placed = order_actions.place(session, request.user, [(line.product_id, line.quantity) for line in data.lines])
        made = order(placed)
        session.commit()
        return made


app = Litestar([health, get_product, list_products, create_order])
