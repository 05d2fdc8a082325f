"""Failover of PostgreSQL: writes move to the current primary."""

from typing import Any

from sqlalchemy import URL, Engine

READ_ONLY = "25006"
"""SQLSTATE of a write on a read-only server or session (read_only_sql_transaction)."""


def reader_url(url: URL) -> URL:
    """Return the URL of the same servers for read-only sessions.

    For `target_session_attrs=read-write` libpq checks whether the session can write. Read-only sessions would find no
    server, so the attribute becomes `primary`, which has the intended meaning.
    """
    if url.query.get("target_session_attrs") != "read-write":
        return url
    return url.update_query_dict({"target_session_attrs": "primary"})


def invalidate_on_readonly(engine: Engine) -> None:
    """Close all pooled connections as soon as one of them cannot write.

    Its server has become a standby, and may remain one.
    """
    is_disconnect = engine.dialect.is_disconnect

    def is_disconnect_or_standby(error: Any, connection: Any, cursor: Any) -> bool:
        return getattr(error, "sqlstate", None) == READ_ONLY or is_disconnect(error, connection, cursor)

    engine.dialect.is_disconnect = is_disconnect_or_standby  # type: ignore[assignment,method-assign]
