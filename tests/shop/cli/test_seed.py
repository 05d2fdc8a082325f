"""The command `orderly seed`."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from db.orders import Order
from db.passwords import verify
from db.users import User
from orderly.database.database import Database
from tests.commands import CommandResult
from tests.shop import invariants


def test_rows_are_created_and_the_password_is_printed(
    orderly: Callable[..., CommandResult], migrated_shop: Database
) -> None:
    result = orderly("seed", "--products", "3", "--customers", "2", "--orders", "5")
    assert result.code == 0, result.err
    made, password = result.out.splitlines()
    assert made == "Created 2 customers, 3 products and 5 orders."
    with migrated_shop.reading() as session:
        invariants.check(session)
        assert session.scalar(select(func.count(Order.id))) == 5
        people = session.execute(select(User.role, User.password_hash)).all()
    fits = [(row.role, verify(row.password_hash, password.rpartition(" ")[2])) for row in people]
    assert sorted(fits) == [("customer", True), ("customer", True), ("staff", False)]


@pytest.mark.parametrize("words", [("--products", "0"), ("--customers", "0"), ("--orders", "-1"), ("--orders", "many")])
def test_invalid_numbers_are_rejected(
    orderly: Callable[..., CommandResult], migrated_shop: Database, words: tuple[str, str]
) -> None:
    assert orderly("seed", *words).code == 2
