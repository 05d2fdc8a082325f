"""Fixtures and requests of products."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from db.products import Product
from orderly.database.database import Database
from tests.asgi import Response
from tests.shop.factories import make_product

MUG = {"sku": "MUG-1", "name": "Blue mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10}
ABSENT = "prd_01kg9ys7g0e4ma4jz41b93y214"


@pytest.fixture
def create_product(database: Database) -> Callable[..., Product]:
    """A function that creates a product without HTTP."""

    def create_product(**given: Any) -> Product:
        with database.writing() as session:
            product = make_product(session, **given)
            session.commit()
        return product

    return create_product


def names(response: Response) -> list[Any]:
    assert response.status == 200, response
    return [product["name"] for product in response.json["data"]]


def count_rows(database: Database, column: InstrumentedAttribute[str]) -> Any:
    with database.reading() as session:
        return session.scalar(select(func.count(column)))
