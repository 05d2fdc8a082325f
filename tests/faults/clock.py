"""A service whose clock can be set: `python -m tests.faults.clock FILE`.

FILE has the hours by which the clock is off.

libfaketime would be nearer to the real thing, but glibc's sleep fails under it (`clock_nanosleep`: EINVAL), and with it
the service's start. This program moves what reads the time in Python, and changes nothing in the service.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from orderly.config.settings import Settings
from orderly.http.messages import ASGIApp, Receive, Scope, Send
from orderly.server import server
from tests.applications import create_shop
from tests.faults.shop import Shop
from tests.serving import Served
from tests.shop.application import APPLICATION


class Clock:
    """Sets the clock of the service that is started with it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.shift(hours=0)

    def shift(self, hours: int) -> None:
        """Move the clock by these hours, from the next request on."""
        self._file.write_text(str(hours))

    def serve(self, shop: Shop) -> AbstractContextManager[Served]:
        """Serve the shop by this clock, with its limits."""
        return shop.serve(program=("tests.faults.clock", str(self._file)), rate_limits="on")


def _by_clock(file: Path, settings: Settings, *, is_stopping: Callable[[], bool]) -> ASGIApp:
    app = create_shop(settings, is_stopping=is_stopping)
    travel, off = time_machine.travel(datetime.now(UTC)), 0
    clock = travel.start()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal off
        setting = int(file.read_text())
        clock.shift(timedelta(hours=setting - off))
        off = setting
        await app(scope, receive, send)

    return serve


if __name__ == "__main__":
    from functools import partial

    server.serve(Settings.load(APPLICATION), print, partial(_by_clock, Path(sys.argv[1])))
