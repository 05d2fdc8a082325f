"""A listener for SQL statements.

Tests use it to count statements or to look at their plans.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session


@contextmanager
def listen(to: Session | type[Engine]) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements of a session with their parameters.

    Without a session, those of all engines.
    """
    statements: list[tuple[str, Any]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    source = to.connection() if isinstance(to, Session) else to
    event.listen(source, "before_cursor_execute", record)
    yield statements
    event.remove(source, "before_cursor_execute", record)
