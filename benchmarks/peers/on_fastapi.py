"""FastAPI as in its tutorial.

Sync endpoints, dependencies for session and user, pydantic in both directions.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from benchmarks.peers import store
from db.users import User


class Money(BaseModel):
    amount: int = Field(ge=0, le=1_000_000_000)
    currency: str = Field(pattern="^[A-Z]{3}$")


class Product(BaseModel):
    id: str = Field(pattern="^prd_[0-9a-z]{26}$")
    sku: str = Field(max_length=64)
    name: str = Field(max_length=200)
    description: str | None = Field(max_length=2000)
    category: str | None = Field(max_length=100)
    price: Money
    stock: int = Field(ge=0, le=1_000_000_000)
    version: int = Field(ge=1)
    created_at: str
    updated_at: str


class Page(BaseModel):
    data: list[Product] = Field(max_length=100)
    has_more: bool
    next_cursor: str | None


class WantedLine(BaseModel):
    model_config = ConfigDict(extra="forbid")
    product_id: str = Field(pattern="^prd_[0-9a-z]{26}$")
    quantity: int = Field(ge=1, le=1_000_000)


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lines: list[WantedLine] = Field(min_length=1, max_length=100)
    note: str | None = Field(default=None, max_length=1000)
    metadata: dict[str, str] = {}


class Line(BaseModel):
    id: str
    product_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Money


class Order(BaseModel):
    id: str
    user_id: str
    status: str
    lines: list[Line]
    total: Money
    note: str | None
    metadata: dict[str, str]
    version: int
    created_at: str


def get_session() -> Iterator[Session]:
    with Session(store.engine, expire_on_commit=False) as session:
        yield session


def get_user(session: Annotated[Session, Depends(get_session)], authorization: Annotated[str, Header()]) -> User:
    return store.user_of(session, authorization)


Db = Annotated[Session, Depends(get_session)]
Me = Annotated[User, Depends(get_user)]
app = FastAPI()


@app.exception_handler(store.Refused)
async def refused(_: Request, error: store.Refused) -> JSONResponse:
    return JSONResponse({"detail": "refused"}, error.args[0])


@app.get("/v1/health/live")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/v1/products/{product_id}", response_model=Product)
def get_product(product_id: str, session: Db, user: Me) -> Any:
    return store.product_json(store.product(session, product_id))


@app.get("/v1/products", response_model=Page)
def list_products(
    session: Db, user: Me, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: str | None = None
) -> Any:
    rows, following = store.page(session, limit, cursor)
    return {
        "data": [store.product_json(row) for row in rows],
        "has_more": following is not None,
        "next_cursor": following,
    }


@app.post("/v1/orders", response_model=Order, status_code=201)
def create_order(wanted: Wanted, session: Db, user: Me) -> Any:
    return store.order_json(store.place(session, user, [(line.product_id, line.quantity) for line in wanted.lines]))
