"""Litestar as documented: sync handlers in threads, msgspec structs in both directions."""

from typing import Annotated, Any

from anyio import to_thread
from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import Parameter
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from benchmarks.peers import store
from db.users import User

Bearer = Annotated[str, Parameter(header="Authorization")]
Amount = Annotated[int, Meta(ge=0, le=1_000_000_000)]
ProductId = Annotated[str, Meta(pattern="^prd_[0-9a-z]{26}$")]


class Money(Struct):
    amount: Amount
    currency: str


class Product(Struct):
    id: str
    sku: str
    name: str
    description: str | None
    category: str | None
    price: Money
    stock: int
    version: int
    created_at: str
    updated_at: str


class Page(Struct):
    data: list[Product]
    has_more: bool
    next_cursor: str | None


class WantedLine(Struct, forbid_unknown_fields=True):
    product_id: ProductId
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


class Wanted(Struct, forbid_unknown_fields=True):
    lines: Annotated[list[WantedLine], Meta(min_length=1, max_length=100)]
    note: Annotated[str, Meta(max_length=1000)] | None = None
    metadata: dict[str, str] = {}


class Line(Struct):
    id: str
    product_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Money


class Order(Struct):
    id: str
    user_id: str
    status: str
    lines: list[Line]
    total: Money
    note: str | None
    metadata: dict[str, str]
    version: int
    created_at: str


def product(row: Any) -> Product:
    fields = store.product_json(row)
    return Product(**{**fields, "price": Money(**fields["price"])})


def order(row: Any) -> Order:
    fields = store.order_json(row)
    lines = [Line(**{**line, "unit_price": Money(**line["unit_price"])}) for line in fields["lines"]]
    return Order(**{**fields, "lines": lines, "total": Money(**fields["total"])})


@get("/v1/health/live", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "ok"}


@get("/v1/products/{product_id:str}", sync_to_thread=True)
def get_product(product_id: str, authorization: Bearer) -> Product:
    with Session(store.engine, expire_on_commit=False) as session:
        store.user_of(session, authorization)
        return product(store.product(session, product_id))


@get("/v1/products", sync_to_thread=True)
def list_products(
    authorization: Bearer, limit: Annotated[int, Parameter(ge=1, le=100)] = 20, cursor: str | None = None
) -> Page:
    with Session(store.engine, expire_on_commit=False) as session:
        store.user_of(session, authorization)
        rows, following = store.page(session, limit, cursor)
        return Page([product(row) for row in rows], following is not None, following)


def find_user(authorization: str) -> User:
    with Session(store.engine, expire_on_commit=False) as session:
        return store.user_of(session, authorization)


class SignedIn(AbstractAuthenticationMiddleware):
    """Authentication before validation, as in all others.

    A 401 has no errors of the body.
    """

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        user = await to_thread.run_sync(find_user, connection.headers.get("Authorization", ""))
        return AuthenticationResult(user=user, auth=None)


@post("/v1/orders", sync_to_thread=True, middleware=[SignedIn])
def create_order(data: Wanted, request: Request) -> Order:
    with Session(store.engine, expire_on_commit=False) as session:
        return order(store.place(session, request.user, [(line.product_id, line.quantity) for line in data.lines]))


def refused(_: Request, error: store.Refused) -> Response:
    return Response({"detail": "refused"}, status_code=error.args[0])


app = Litestar([health, get_product, list_products, create_order], exception_handlers={store.Refused: refused})
