"""The shop to look at keeps the rules of a real one."""

from random import Random

from sqlalchemy import func, select

from db.events import Event
from db.orders import Order
from db.products import Product
from db.seed import BATCH, SeedFactory, create_person, in_batches
from db.stock_ledger import StockAdjustment
from db.users import User
from orderly.database.database import Database
from tests.shop import invariants
from tests.shop.factories import password_hash


def run_seed(database: Database, products: int, customers: int, orders: int) -> None:
    random = Random(7)  # noqa: S311  # the same shop each time
    [staff] = in_batches(database, 1, lambda session: create_person(session, random, "staff", password_hash()))
    seeds = SeedFactory(random, staff, password_hash())
    for count, make in ((customers, seeds.customer), (products, seeds.product), (orders, seeds.order)):
        assert len(list(in_batches(database, count, make))) == count


def test_orders_of_all_states_keep_the_invariants(database: Database) -> None:
    run_seed(database, products=5, customers=3, orders=BATCH + 20)
    with database.reading() as session:
        invariants.check(session)
        assert set(session.scalars(select(Order.status))) == set(invariants.LEGAL)
        assert session.scalar(select(func.count(Order.id))) == BATCH + 20
        assert session.scalar(select(func.count(User.id))) == 4


def test_sold_out_products_are_restocked(database: Database) -> None:
    run_seed(database, products=1, customers=1, orders=150)
    with database.reading() as session:
        invariants.check(session)
        reasons = select(StockAdjustment.reason).order_by(StockAdjustment.id)
        assert session.scalars(reasons).all()[:2] == ["initial stock", "delivery"]


def test_seed_can_run_twice(database: Database) -> None:
    for _ in range(2):
        run_seed(database, products=2, customers=2, orders=2)
    with database.reading() as session:
        invariants.check(session)
        assert session.scalar(select(func.count(Product.id))) == 4
        assert session.scalar(select(func.count(Event.id)).where(Event.type == "order.created")) == 4
