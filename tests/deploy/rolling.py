"""`python -m tests.deploy.rolling`: both services are restarted by turns under load, with figures."""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.deploy.two_machines import Two, two_services
from tests.faults.load import buying

PAUSE = 0.1
"""Seconds between the requests of a client: both services together are busy, and one alone is not overloaded."""


async def roll(two: Two, rounds: int) -> dict[str, Any]:
    """Restart one service after the other while 16 clients buy without retries."""
    slowest = 0.0
    async with buying(two.shop, two.proxy.url, retry=False, pause=PAUSE) as history:
        for n in range(rounds * len(two.services)):
            await asyncio.sleep(0.5)
            began = time.monotonic()
            await asyncio.to_thread(two.restart, n % len(two.services))
            slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.5)
    responses = Counter({what: count for what, count in history.counts.items() if what != "begun"})
    return {
        "restarts": rounds * len(two.services),
        "responses": dict(responses),
        "slowest response s": round(history.slowest, 3),
        "longest gap s": round(history.gap, 3),
        "slowest restart s": round(slowest, 1),
    }


def main(rounds: int) -> None:
    """Print the figures."""
    with TemporaryDirectory() as folder, two_services(Path(folder), rate_limits="off") as two:
        print(asyncio.run(roll(two, rounds)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
