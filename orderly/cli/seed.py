"""`orderly seed`: a shop to look at."""

import secrets
from random import Random
from typing import Annotated

import typer
from rich.progress import Progress

from db.passwords import hash_password
from db.seed import SeedFactory, in_batches, make_person
from orderly import Caller
from orderly.cli.console import err, out
from orderly.cli.db import open_migrated
from orderly.config.settings import Settings
from orderly.database.database import Database


def seed(
    products: Annotated[int, typer.Option(min=1, help="How many products.")] = 100,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 50,
    orders: Annotated[int, typer.Option(min=0, help="How many orders.")] = 500,
) -> None:
    """Fill the shop with invented products, customers and orders, beside what is there."""
    random = Random()  # noqa: S311  # believable data, not a secret
    password = secrets.token_urlsafe(18)
    with open_migrated(Settings.load()) as database, Progress(console=err, transient=True) as progress:
        seeds = SeedFactory(random, _hire(database, random), hash_password(password))
        wanted = [("Customers", customers, seeds.customer), ("Products", products, seeds.product)]
        for what, count, make in [*wanted, ("Orders", orders, seeds.order)]:
            for _ in progress.track(in_batches(database, count, make), total=count, description=what):
                pass
    out.print(f"Made {customers} customers, {products} products and {orders} orders.")
    out.print(f"Password of all these customers, shown only now: {password}")


def _hire(database: Database, random: Random) -> Caller:
    """One member of staff, as whom nobody can sign in."""
    with database.writing() as session:
        staff = make_person(session, random, "staff", hash_password(secrets.token_urlsafe(18)))
        session.commit()
    return staff
