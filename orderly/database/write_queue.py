"""The queue of those who write to a SQLite file, of all the processes that serve it."""

import fcntl
import os
import sqlite3
from time import monotonic, sleep

TURN_DURATION = 0.05
"""Seconds for which a process may write on without standing in the queue again. To change at each transaction would
leave the file idle until the other process is awake, which takes a while on a busy machine."""
POLL_INTERVAL = 0.0005
"""Seconds after which one looks again. Only one looks for the turn, so he misses nothing; at the head whoever looks
first is next."""


class WriteQueue:
    """Lets one process write after the other.

    SQLite would keep them apart too, but those who wait for it sleep, for up to 0.1 s at a time, and who comes between
    is served before them. Here one waits for the turn at the head of the queue, and until he has it nobody else can
    come there: so who has written for a while stands behind him. The kernel takes both places back from a process that
    dies.
    """

    def __init__(self, database: str, timeout: float) -> None:
        """Open a queue, or join it.

        Args:
            database: the path of SQLite's file; those of the queue lie beside it.
            patience: seconds that one waits; it may be that a process is frozen in its turn.
        """
        self._head, self._turn = _FileLock(f"{database}-head"), _FileLock(f"{database}-turn")
        self._timeout = timeout
        self._since = -TURN_DURATION
        """When this process was at the head of the queue."""

    def acquire(self) -> None:
        """Wait for one's turn; `sqlite3.OperationalError` if it does not come."""
        now = monotonic()
        if now - self._since < TURN_DURATION and not self._turn.is_taken_by_another():
            return
        end = now + self._timeout
        try:
            self._head.acquire(end)
            self._turn.acquire(end)
            self._since = monotonic()
        finally:
            self._head.release()

    def release(self) -> None:
        """Let the next one begin; nothing happens to those who have no turn."""
        self._turn.release()

    def close(self) -> None:
        """Close the files; whoever takes a turn opens them again."""
        self._head.close()
        self._turn.close()


class _FileLock:
    """Where one stands at a time: a lock on a file. Where that cannot be made, SQLite's own way has to do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self, end: float) -> None:
        while self.is_taken_by_another():
            if monotonic() > end:
                raise sqlite3.OperationalError("database is locked")
            sleep(POLL_INTERVAL)

    def is_taken_by_another(self) -> bool:
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
