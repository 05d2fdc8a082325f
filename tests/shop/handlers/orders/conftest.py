"""Fixtures and requests of orders."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from db.products import Product
from orderly.database.database import Database
from tests.asgi import Client, Response
from tests.shop.factories import make_product

ABSENT = "ord_01kg9ys7g0e4ma4jz41b93y214"
ADDRESS = {
    "name": "Alice Archer",
    "street": "1 Mill Lane",
    "city": "Galway",
    "postal_code": "H91 E6K7",
    "country": "IE",
}
ANY = {"If-Match": "*"}
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def create_product(database: Database) -> Callable[..., str]:
    """A function that creates a product without HTTP and returns its id."""

    def create_product(**given: Any) -> str:
        with database.writing() as session:
            product_id = make_product(session, **given).id
            session.commit()
        return product_id

    return create_product


@pytest.fixture
def stock_of(database: Database) -> Callable[[str], Any]:
    """A function that returns the stock of a product."""

    def stock_of(product_id: str) -> Any:
        with database.reading() as session:
            return session.scalar(select(Product.stock).where(Product.id == product_id))

    return stock_of


@pytest.fixture
def count_rows(database: Database) -> Callable[..., Any]:
    """A function that counts rows."""

    def count_rows(column: InstrumentedAttribute[str], *conditions: ColumnElement[bool]) -> Any:
        with database.reading() as session:
            return session.scalar(select(func.count(column)).where(*conditions))

    return count_rows


@pytest.fixture
def order(alice: Client, create_product: Callable[..., str]) -> str:
    """The URL path of an order of alice."""
    return place(alice, (create_product(), 2)).headers["location"]


def wanting(*lines: tuple[str, int], **given: Any) -> dict[str, Any]:
    return {"lines": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines], **given}


def place(client: Client, *lines: tuple[str, int], **given: Any) -> Response:
    made = client.post("/v1/orders", wanting(*lines, **given))
    assert made.status == 201, made
    return made


def pay(bob: Client, order: str, reference: str = "bank-1") -> Response:
    return bob.post(f"{order}/pay", {"reference": reference})


def ids(response: Response) -> list[Any]:
    assert response.status == 200, response
    return [found["id"] for found in response.json["data"]]
