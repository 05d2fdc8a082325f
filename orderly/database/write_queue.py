"""Fair write queue of all processes that serve one SQLite file."""

import fcntl
import os
import sqlite3
from time import monotonic, sleep

TURN_DURATION = 0.05
"""Seconds a process may keep writing before it queues again. A change of process at each transaction would leave the
file idle until the other process wakes up. On a busy machine that takes a while."""
POLL_INTERVAL = 0.0005
"""Polling interval in seconds. Only one process polls the turn lock at a time; several may poll the head lock, first
come first served."""


class WriteQueue:
    """A queue for write transactions, made of two file locks.

    SQLite serializes writers too, but a waiting writer sleeps for up to 0.1 s at a time, and a writer that arrives
    meanwhile overtakes it. Here one process holds the head lock while it waits for the turn lock, and no other process
    can get there before it. So a process that has used up its turn queues behind the waiting one. The kernel releases
    both locks of a process that dies.
    """

    def __init__(self, database: str, timeout: float) -> None:
        """Initialize the queue of a database file.

        Args:
            database: the path of the SQLite file; the lock files lie beside it.
            timeout: seconds to wait for the turn. A process may be frozen while it holds a lock.
        """
        self._head, self._turn = _FileLock(f"{database}-head"), _FileLock(f"{database}-turn")
        self._timeout = timeout
        self._since = -TURN_DURATION
        """When this process last got its turn from the queue."""

    def acquire(self) -> None:
        """Wait for the turn of this process.

        Raises:
            sqlite3.OperationalError: the timeout has passed.
        """
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
        """Release the turn; without effect if this process does not hold it."""
        self._turn.release()

    def close(self) -> None:
        """Close the lock files; the next `acquire` opens them again."""
        self._head.close()
        self._turn.close()


class _FileLock:
    """An exclusive lock on a file.

    Where the file cannot be created it has no effect, and SQLite's own locks remain.
    """

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
