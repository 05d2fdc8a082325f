"""How a process learns that the service will stop, while it still serves, and that there is no service any more."""

import os
import threading
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.sharedctypes import RawValue

EXIT_PARENT_DIED = 70
"""The exit code of a worker whose service was killed (EX_SOFTWARE)."""


class ShutdownFlag:
    """A mark that the service sets once and all of its workers see; without a lock that a killed one could hold."""

    def __init__(self) -> None:
        self._mark = RawValue("b", 0)

    def begin(self) -> None:
        """Say that the service will stop."""
        self._mark.value = 1

    def __call__(self) -> bool:
        """Whether it was said."""
        return bool(self._mark.value)


def exit_with_parent(end: Callable[[], None] = lambda: os._exit(EXIT_PARENT_DIED)) -> None:
    """End this worker when the process that started it is gone, however it went.

    A service that was killed would otherwise leave workers behind, which nobody can stop and which hold its port.
    """
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel, end), daemon=True).start()


def _wait_for(sentinel: int, end: Callable[[], None]) -> None:
    connection.wait([sentinel])
    end()
