"""What is on sale, who sells it, and how lists of it are read."""

import pytest
from sqlalchemy import func, select

from tests.factories import make_product

MUG = {"sku": "MUG-1", "name": "Blue mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10}
ABSENT = "prd_01kg9ys7g0e4ma4jz41b93y214"


@pytest.fixture
def bob(sign_in):
    return sign_in("bob")


@pytest.fixture
def put(database):
    """Puts a product on sale, past HTTP."""

    def put(**given):
        with database.writing() as session:
            product = make_product(session, **given)
            session.commit()
        return product

    return put


def names(answer):
    assert answer.status == 200, answer
    return [product["name"] for product in answer.json["data"]]


def walk(client, target, then=lambda: None):
    """All rows of a list, page by page; something may happen between two pages."""
    rows = []
    while target:
        answer = client.get(target)
        assert answer.status == 200, answer
        rows += answer.json["data"]
        target = answer.headers.get("link", "<>").partition(">")[0][1:]
        then()
    return rows


def count(database, column):
    with database.reading() as session:
        return session.scalar(select(func.count(column)))
