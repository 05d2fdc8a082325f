"""Shutdown of workers: a shared flag, and the exit with the parent."""

import os
import threading
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.sharedctypes import RawValue

EXIT_PARENT_DIED = 70
"""Exit code of a worker whose parent process was killed (EX_SOFTWARE)."""


class ShutdownFlag:
    """A shutdown flag shared with the workers.

    The shared memory has no lock, which a killed worker could hold.
    """

    def __init__(self) -> None:
        self._value = RawValue("b", 0)

    def begin(self) -> None:
        """Signal that the shutdown has begun."""
        self._value.value = 1

    def __call__(self) -> bool:
        """Return whether the shutdown has begun."""
        return bool(self._value.value)


def exit_with_parent(end: Callable[[], None] = lambda: os._exit(EXIT_PARENT_DIED)) -> None:
    """Exit this worker when its parent process ends for any reason.

    A killed service would otherwise leave workers that hold its port and that no supervisor can stop.
    """
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent.sentinel, end), daemon=True).start()


def _wait_for(sentinel: int, end: Callable[[], None]) -> None:
    connection.wait([sentinel])
    end()
