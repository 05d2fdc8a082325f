"""Products: their rules, and a stock that nothing can oversell."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from db import products
from db.products import MOST, InsufficientStock, Product, ProductUnavailable, StockLimit
from db.stock import StockAdjustment
from tests.factories import make_caller, make_product, make_user


@pytest.fixture
def bob(session):
    return make_caller(make_user(session, "bob"))


def stock_of(session, product):
    return session.scalar(select(Product.stock).where(Product.id == product.id))


def ledger_of(session, product):
    return session.scalar(select(func.sum(StockAdjustment.delta)).where(StockAdjustment.product_id == product.id)) or 0


class TestTake:
    def test_it_takes_all_lines_and_raises_their_versions(self, session):
        cup, jug = make_product(session), make_product(session)
        taken = products.take(session, {jug.id: 10, cup.id: 1})
        assert {p.id: (p.stock, p.version) for p in taken.values()} == {jug.id: (0, 2), cup.id: (9, 2)}

    def test_one_line_short_refuses_all_and_names_it(self, database):
        with database.writing() as session:
            cup, jug = make_product(session), make_product(session, stock=2)
            session.commit()
            with pytest.raises(InsufficientStock, match=jug.id) as refusal:
                products.take(session, {cup.id: 1, jug.id: 3})
            assert cup.id not in refusal.value.detail
        with database.reading() as session:
            assert (stock_of(session, cup), stock_of(session, jug)) == (10, 2)

    def test_what_is_archived_or_unknown_is_not_for_sale(self, session, bob):
        cup, jug = make_product(session), make_product(session)
        products.archive(session, bob, jug.id)
        for other in (jug.id, "prd_01kg9ys7g0e4ma4jz41b93y214"):
            with pytest.raises(ProductUnavailable, match=other):
                products.take(session, {cup.id: 1, other: 1})

    def test_what_is_put_back_is_there_again_even_if_it_is_archived(self, session, bob):
        cup = make_product(session)
        products.take(session, {cup.id: 4})
        products.archive(session, bob, cup.id)
        products.put_back(session, {cup.id: 4})
        assert stock_of(session, cup) == 10

    def test_more_cannot_be_put_back_than_can_be_counted(self, session):
        cup = make_product(session, stock=MOST)
        with pytest.raises(StockLimit):
            products.put_back(session, {cup.id: 1})

    def test_the_table_refuses_what_a_bug_would_do(self, session):
        cup = make_product(session)
        with pytest.raises(IntegrityError, match="ck_products_stock"):
            session.execute(update(Product).where(Product.id == cup.id).values(stock=-1))
