"""Threads that begin at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")

CROWD = 64


def together(acts: Sequence[Callable[[], T]], crowd: int = CROWD) -> list[T]:
    """Run functions concurrently; return their results in order.

    Up to `crowd` of them start at once, the others as soon as a thread is free.

    Raises the exception of the first function that failed.
    """
    size = min(crowd, len(acts))
    barrier = Barrier(size)

    def begin(act: Callable[[], T]) -> T:
        barrier.wait(timeout=60)
        return act()

    with ThreadPoolExecutor(size) as threads:
        first = [threads.submit(begin, act) for act in islice(acts, size)]
        others = [threads.submit(act) for act in acts[size:]]
        return [future.result() for future in first + others]
