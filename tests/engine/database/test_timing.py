"""The time that a thread spends in its database driver."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orderly.database.database import Database
from orderly.database.timing import time_spent


def test_a_statement_and_a_commit_are_counted(database: Database) -> None:
    with database.writing() as session:
        moments = [time_spent.seconds]
        session.execute(text("UPDATE things SET name = name"))
        moments.append(time_spent.seconds)
        session.commit()
        moments.append(time_spent.seconds)
    assert moments == sorted(set(moments))


def test_a_statement_that_fails_is_counted_too(database: Database) -> None:
    before = time_spent.seconds
    with database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("SELECT nothing FROM nowhere"))
    assert time_spent.seconds > before


def test_each_thread_counts_its_own(database: Database) -> None:
    def query() -> None:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        spent.append(time_spent.seconds)

    spent: list[float] = []
    before = time_spent.seconds
    other = threading.Thread(target=query)
    other.start()
    other.join()
    assert spent[0] > 0
    assert time_spent.seconds == before
