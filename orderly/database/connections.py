"""Read sessions of a request.

A session has a connection for rows and an ORM session for objects, each opened on first use. An ORM session costs as
much as two of the most frequent statements, which need no objects.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Result, ScalarResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TypedReturnsRows

Row = TypeVar("Row")
Parameters = Mapping[str, Any] | None


class ReadSession:
    """A read-only session, the argument of a GET handler."""

    def __init__(self, connect: Callable[[], Connection], session: Session | None = None) -> None:
        """Initialize the session without opening a connection.

        Args:
            connect: opens the connection.
            session: an ORM session to use instead of a new one on the connection.
        """
        self._connect = connect
        self._connection: Connection | None = None
        self._session = session

    @classmethod
    def within(cls, transaction: Session | Connection) -> "ReadSession":
        """Return a read session within an open transaction.

        It sees the uncommitted changes of the transaction, whose owner closes it.
        """
        if isinstance(transaction, Session):
            return cls(transaction.connection, transaction)
        return cls(lambda: transaction)

    def connection(self) -> Connection:
        """Return the connection; its transaction begins with the first statement."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    @property
    def session(self) -> Session:
        """Return the ORM session on the connection."""
        if self._session is None:
            self._session = Session(self.connection(), expire_on_commit=False)
        return self._session

    def execute(self, statement: Executable, parameters: Parameters = None) -> Result[Any]:
        """Execute a statement in the ORM session."""
        return self.session.execute(statement, parameters)

    def scalar(self, statement: TypedReturnsRows[Row], parameters: Parameters = None) -> Row | None:
        """Return the first column of the first row, or None."""
        return self.session.scalar(statement, parameters)

    def scalars(self, statement: TypedReturnsRows[Row], parameters: Parameters = None) -> ScalarResult[Row]:
        """Return the first column of each row."""
        return self.session.scalars(statement, parameters)

    def get(self, entity: type[Row], key: Any) -> Row | None:
        """Return the object with a primary key, or None."""
        return self.session.get(entity, key)

    def close(self) -> None:
        """Return the connection to its pool; a later use opens another one."""
        if self._session is not None:
            self._session.close()
        if self._connection is not None:
            self._connection.close()
        self._session = self._connection = None


AnySession = Session | ReadSession
"""A write or a read session: the argument of queries that both use."""


class HasConnection(Protocol):
    """A write or a read session that is used for rows only."""

    def connection(self) -> Connection:
        """Return the connection."""
