"""A write transaction, run again from its start as often as the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from orderly.database.database import Database
from orderly.database.errors import is_retryable
from orderly.errors import DomainError

R = TypeVar("R")

ATTEMPTS = 8
"""Times that a transaction is run; then its error is raised."""


def run_transaction(database: Database, work: Callable[[Session], R], *, snapshot: bool = False) -> R:
    """Do the work in a transaction and commit it; whatever is raised rolls it back.

    An error whose `commits` is true is a fact to keep itself: the transaction is committed before it is raised.

    Args:
        database: where to write.
        work: takes the session; called again after a serialization failure or a deadlock.
        snapshot: whether the transaction sees one moment of the database.
    """
    for attempt in range(1, ATTEMPTS + 1):
        with database.writing(snapshot=snapshot) as session:
            try:
                result = work(session)
                session.commit()
                return result
            except DomainError as refusal:
                if refusal.commits:
                    session.commit()
                raise
            except Exception as error:
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
        time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311  # jitter, not a secret
    raise AssertionError("unreachable")
