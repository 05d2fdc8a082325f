"""The revision that a database has, and those that a release of its application knows.

Alembic, which makes the schema, could report both. But it takes as long to import as the rest of the database's code,
and a service has no other use for it.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

CURRENT = text("SELECT version_num FROM alembic_version")


def known(migrations: Path) -> tuple[str, ...]:
    """Return the revisions in a folder of migrations, the oldest first: each file's name begins with its revision."""
    return tuple(sorted(path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*.py")))


def is_behind(revision: str | None, known: tuple[str, ...]) -> bool:
    """Return whether a database lacks what the newest of the known revisions has.

    A database that a later release has migrated further is not behind: this release can serve it meanwhile.
    """
    return bool(known) and (revision is None or revision in known[:-1])


def current(connection: Connection) -> str | None:
    """Return the revision of a database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(CURRENT)
    return found
