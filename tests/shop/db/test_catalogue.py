"""The catalogue: its statements and indexes."""

from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from db import catalogue
from db.products import Product
from orderly.clock import new_id, now
from orderly.database.pagination import Key, Page
from tests.shop.factories import make_product
from tests.statements import listen


def listing(sort: str = "-created_at", **filters: Any) -> Page[Any]:
    order = catalogue.SORT_KEYS[sort.removeprefix("-")]
    return Page(catalogue.matching(**filters), lambda row: {"id": row.id}, order, descending=sort[0] == "-")


@pytest.fixture
def shop(session: Session) -> Session:
    """A catalogue large enough for the use of indexes."""
    at = now()
    rows = [
        {"id": new_id("prd"), "sku": f"S-{n}", "name": f"Thing {n * 7919 % 2000}", "created_at": at, "updated_at": at}
        | {"category": f"Kind {n % 50}", "price_amount": n * 7919 % 100_003, "stock": n % 40}
        | {"currency": "CHF" if n % 40 == 1 else "EUR", "search": f"s-{n}\nthing {n * 7919 % 2000}\n"}
        for n in range(2000)
    ]
    session.execute(insert(Product), rows)
    session.execute(text("ANALYZE products"))
    return session


def plan(session: Session, listed: Page[Any], after: Key | None = None) -> str:
    """Return the query plan of a page."""
    with listen(session) as statements:
        listed.rows(session, 20, after)
    [(statement, parameters)] = statements
    explain = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in session.connection().exec_driver_sql(explain + statement, parameters))


class TestIndexes:
    @pytest.mark.parametrize(
        ("index", "filters"),
        [
            ("ix_products_created_at", {}),
            ("ix_products_created_at", {"sort": "created_at"}),
            ("ix_products_name", {"sort": "name"}),
            ("ix_products_name", {"sort": "-name"}),
            ("ix_products_price_amount", {"sort": "price"}),
            ("ix_products_price_amount", {"sort": "-price"}),
            ("ix_products_price_amount", {"min_price": 500, "max_price": 600}),
            ("ix_products_category", {"category": "Kind 7"}),
            ("ix_products_currency", {"currency": "CHF", "sort": "price"}),
            ("ix_products_currency", {"currency": "EUR", "min_price": 500, "max_price": 600, "sort": "price"}),
            ("ix_products_in_stock", {"in_stock": False}),
        ],
    )
    def test_each_filter_and_sort_key_has_an_index(self, shop: Session, index: str, filters: dict[str, Any]) -> None:
        assert index in plan(shop, listing(**filters))

    @pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name", "price", "-price"])
    def test_a_later_page_does_not_read_the_pages_before(self, shop: Session, sort: str) -> None:
        listed = listing(sort=sort)
        found = plan(shop, listed, listed.rows(shop, 20).last)
        assert "Index Cond" in found or "SEARCH" in found
        assert "Sort" not in found
        assert "TEMP B-TREE" not in found

    def test_search_has_an_index(self, shop: Session) -> None:
        """Check the index; SQLite has none for substrings, and scans."""
        sqlite = shop.get_bind().dialect.name == "sqlite"
        if not sqlite:  # what autovacuum does some time after many rows were added
            shop.execute(text("SELECT gin_clean_pending_list('ix_products_search')"))
        index = "ix_products_created_at" if sqlite else "ix_products_search"
        assert index in plan(shop, listing(q="thing 1471"))


class TestStatements:
    def test_page_of_any_size_is_one_statement(self, session: Session) -> None:
        for rows in (0, 1, 20):
            for _ in range(rows - bool(rows == 20)):
                make_product(session)
            session.flush()
            with listen(session) as statements:
                assert len(listing().rows(session, 20).data) == rows
            assert len(statements) == 1


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("mug\nblue", True),
        ("MUG\n", True),
        ("\n100%\n", True),
        ("m-1\na mug", False),
        ("a mug\nbig", False),
        ("1\na", False),
    ],
)
def test_phrase_does_not_match_across_columns(session: Session, q: str, found: bool) -> None:
    make_product(session, sku="M-1", name="A mug", description="Big\nMug\nblue\n100%\n")
    page = listing(q=q).rows(session.connection(), 20)
    assert bool(page.data) is found
