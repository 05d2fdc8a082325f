"""Changes of tables that a service uses meanwhile, made so that nobody waits for them.

Each is a migration of its own: PostgreSQL makes them outside of a transaction, so what else the migration had done
could not be undone with them. One that was broken off is run again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op


def create_index(name: str, table: str, columns: list[str]) -> None:
    """Make an index on a table that has rows."""
    if not _is_postgresql():
        op.create_index(name, table, columns, if_not_exists=True)
        return
    with _beside_others():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)  # half an index, if there is one
        op.create_index(name, table, columns, postgresql_concurrently=True)


def drop_index(name: str, table: str) -> None:
    """Drop an index."""
    if not _is_postgresql():
        op.drop_index(name, table)
        return
    with _beside_others():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


@contextmanager
def _beside_others() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits until everybody has seen it, and nobody waits for it
        yield
        op.execute("RESET lock_timeout")
