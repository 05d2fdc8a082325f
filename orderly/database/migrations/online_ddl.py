"""Schema changes that do not block a running service.

Use one per migration: PostgreSQL runs them outside a transaction, so the rest of a migration could not be rolled back
with them. Each can be repeated after an interruption.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Create an index on a table that is in use."""
    if not _is_postgresql():
        op.create_index(name, table, columns, if_not_exists=True)
        return
    with _outside_transaction():
        # An interrupted attempt leaves an invalid index.
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True)


def drop_index(name: str, table: str) -> None:
    """Drop an index of a table that is in use."""
    if not _is_postgresql():
        op.drop_index(name, table)
        return
    with _outside_transaction():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


@contextmanager
def _outside_transaction() -> Iterator[None]:
    with op.get_context().autocommit_block():
        # The statement waits for every open transaction, but no other statement waits for it.
        op.execute("SET lock_timeout = 0")
        yield
        op.execute("RESET lock_timeout")
