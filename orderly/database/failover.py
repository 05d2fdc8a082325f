"""A PostgreSQL that has standbys: whatever writes finds the one that is the primary now."""

from typing import Any

from sqlalchemy import URL, Engine

READ_ONLY = "25006"
"""What PostgreSQL calls it that a server, or a session, does not write (read_only_sql_transaction)."""


def reader_url(url: URL) -> URL:
    """The same servers for sessions that only read.

    libpq asks whether the session could write when it looks for a server that is `read-write`, so it would refuse
    every one: ours are read-only by themselves. What is meant is the primary.
    """
    if url.query.get("target_session_attrs") != "read-write":
        return url
    return url.update_query_dict({"target_session_attrs": "primary"})


def invalidate_on_readonly(engine: Engine) -> None:
    """Give up all connections as soon as one cannot write: its server has become a standby, and may stay one."""
    is_gone = engine.dialect.is_disconnect

    def is_lost(error: Any, connection: Any, cursor: Any) -> bool:
        return getattr(error, "sqlstate", None) == READ_ONLY or is_gone(error, connection, cursor)

    engine.dialect.is_disconnect = is_lost  # type: ignore[assignment,method-assign]
