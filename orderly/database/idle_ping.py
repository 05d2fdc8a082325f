"""Liveness check for connections that were idle in their pool."""

from time import monotonic
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

IDLE_PING_AFTER = 1.0
"""Seconds a connection may be idle before a checkout pings it. A ping at each checkout costs as much as a statement.
A connection that breaks while in use is detected by its next statement anyway."""


def ping_idle_connections(engine: Engine) -> None:
    """Ping connections on checkout after an idle time.

    A broken connection is replaced, and so are all older ones.
    """

    @event.listens_for(engine, "checkin")
    def _record_idle_start(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _ping_if_idle(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("idle_since", monotonic()) < IDLE_PING_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("the connection was lost while idle in the pool") from error
