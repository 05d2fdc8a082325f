"""What a request has of a database, made when it is asked for: rows over a connection, objects over a session.

A session costs as much as two of the statements that are asked most, which need no objects.
"""

from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session


class Rows(Protocol):
    """Gives rows by the columns of a table: a session, or what is lighter."""

    def connection(self) -> Connection:
        """The connection to ask; its transaction begins with the first statement."""


class Access(Rows, Protocol):
    """Gives rows and objects."""

    @property
    def session(self) -> Session:
        """The session on the same connection."""


class Reads:
    """Reads only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._session: Session | None = None

    def connection(self) -> Connection:
        """The connection to ask; its transaction begins with the first statement."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    @property
    def session(self) -> Session:
        """A session on the connection."""
        if self._session is None:
            self._session = Session(self.connection(), expire_on_commit=False)
        return self._session

    def close(self) -> None:
        """Give the connection back. Who asks again is given another one."""
        if self._session is not None:
            self._session.close()
        if self._connection is not None:
            self._connection.close()
        self._session = self._connection = None


class Writes:
    """Writes by a session; its rows are of the same transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def connection(self) -> Connection:
        """The connection of the session."""
        return self.session.connection()
