"""Connections that have rested in their pool are asked whether they are still alive; those just used are not."""

from time import monotonic
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

IDLE_PING_AFTER = 1.0
"""Seconds after which a connection is asked. To ask each time costs a request as much as one of its statements does,
and a connection that dies while it is in use is found out by a statement anyway."""


def ping_idle_connections(engine: Engine) -> None:
    """Replace a connection that has died in its pool, and with it all that are older."""

    @event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("rests_since", monotonic()) < IDLE_PING_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("the connection died while it rested") from error
