"""What a thread spends on waiting for its driver."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from orderly.database.timing import time_spent


def test_a_statement_and_a_commit_are_counted(database):
    with database.writing() as session:
        moments = [time_spent.seconds]
        session.execute(text("UPDATE users SET name = name"))
        moments.append(time_spent.seconds)
        session.commit()
        moments.append(time_spent.seconds)
    assert moments == sorted(set(moments))


def test_a_statement_that_fails_is_counted_too(database):
    before = time_spent.seconds
    with database.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("SELECT nothing FROM nowhere"))
    assert time_spent.seconds > before


def test_each_thread_counts_its_own(database):
    def ask():
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        heard.append(time_spent.seconds)

    heard, before = [], time_spent.seconds
    other = threading.Thread(target=ask)
    other.start()
    other.join()
    assert heard[0] > 0
    assert time_spent.seconds == before
