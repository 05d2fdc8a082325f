"""The revision of a database and the revisions known to this release.

Alembic could report both. But it takes as long to import as the rest of the database code, and a service does not
need it otherwise.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

CURRENT = text("SELECT version_num FROM alembic_version")


def known(migrations: Path) -> tuple[str, ...]:
    """Return the revisions in a folder of migrations, oldest first.

    The name of each file begins with its revision.
    """
    return tuple(sorted(path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*.py")))


def is_behind(revision: str | None, known: tuple[str, ...]) -> bool:
    """Return whether a database is older than the newest known revision.

    A database that a later release has migrated further is not behind: this release can still serve it.
    """
    return bool(known) and (revision is None or revision in known[:-1])


def current(connection: Connection) -> str | None:
    """Return the revision of a database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(CURRENT)
    return revision
