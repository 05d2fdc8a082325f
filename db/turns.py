"""The queue of those who write to a SQLite file, of all the processes that serve it."""

import fcntl
import os
import sqlite3
from contextlib import suppress
from time import monotonic, sleep

GLANCE = 0.001
"""Seconds between two looks at a place that somebody has; a write takes a few times as long."""


class Turns:
    """Lets one process write after the other.

    SQLite would keep them apart too, but those who wait for it sleep, for up to 0.1 s at a time, and who comes between
    is served before them. Here one waits for the turn at the head of the queue, and until he has it nobody else can
    come there: so who has just written stands behind him. The kernel takes both places back from a process that dies.
    """

    def __init__(self, database: str, patience: float) -> None:
        """Open a queue, or join it.

        Args:
            database: the path of SQLite's file; those of the queue lie beside it.
            patience: seconds after which one who waits gives up.
        """
        self._head, self._turn = _Place(f"{database}-head"), _Place(f"{database}-turn")
        self._patience = patience

    def take(self) -> None:
        """Wait for one's turn; `sqlite3.OperationalError` if it does not come in time."""
        until = monotonic() + self._patience
        in_time = self._head.take(until) and self._turn.take(until)
        self._head.leave()
        if not in_time:
            raise sqlite3.OperationalError("database is locked")

    def give_back(self) -> None:
        """Let the next one begin; nothing happens to those who have no turn."""
        self._turn.leave()

    def close(self) -> None:
        """Close the files; whoever takes a turn opens them again."""
        self._head.close()
        self._turn.close()


class _Place:
    """Where one stands at a time: a lock on a file. Where that cannot be made, SQLite's own way has to do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, until: float) -> bool:
        """Whether it was free by then. The kernel would wait too, but for ever if who has it is halted."""
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
            while not self._is_free(self._file):
                if monotonic() >= until:
                    return False
                sleep(GLANCE)
        return True

    @staticmethod
    def _is_free(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
