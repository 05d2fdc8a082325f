"""Write transactions, retried as a whole after serialization failures and deadlocks."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from orderly.database.database import Database
from orderly.database.errors import is_retryable
from orderly.errors import DomainError

R = TypeVar("R")

MAX_ATTEMPTS = 8
"""Attempts of a transaction; then its error is raised."""


def run_transaction(database: Database, work: Callable[[Session], R], *, snapshot: bool = False) -> R:
    """Call a function in a transaction.

    The transaction is committed; any exception rolls it back. A `DomainError` whose `commits` is true is a fact to
    keep: the transaction is committed before the error is raised.

    Args:
        database: the database to write to.
        work: takes the session; called again after a serialization failure or a deadlock.
        snapshot: whether all statements of the transaction see the same state of the database.

    Returns:
        The result of `work`.
    """
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with database.writing(snapshot=snapshot) as session:
            try:
                result = work(session)
                session.commit()
                return result
            except DomainError as error:
                if error.commits:
                    session.commit()
                raise
            except Exception as error:
                if attempt == MAX_ATTEMPTS or not is_retryable(error):
                    raise
        time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311  # jitter, not a secret
    raise AssertionError("unreachable")
