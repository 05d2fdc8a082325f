"""Which revision of the schema a database has, and which one this release needs.

Alembic, which makes the schema, could tell both; but it takes as long to import as the rest of the database's code, and
who serves has no other use for it.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

VERSIONS = Path(__file__).parents[3] / "db" / "migrations" / "versions"
CURRENT = text("SELECT version_num FROM alembic_version")


@cache
def known() -> tuple[str, ...]:
    """The revisions that this release knows, the oldest first: what the name of each migration's file begins with."""
    return tuple(sorted(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py")))


def head() -> str:
    """The revision that this release needs."""
    return known()[-1]


def is_behind(revision: str | None) -> bool:
    """Whether a database lacks what this release needs.

    One that a later release has brought further is not behind: it is made so that this one goes on serving meanwhile.
    """
    return revision is None or revision in known()[:-1]


def current(connection: Connection) -> str | None:
    """The revision that a database has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(CURRENT)
    return found
