"""A file of responses.

Clients record each response before they continue.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

WITHIN = 120.0
"""Seconds after which what has not happened never will."""


class History:
    """The recorded responses, and how many of each kind exist so far."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self.gap = 0.0
        self._latest: float | None = None

    def note(self, what: str, **fact: Any) -> None:
        """Keep a fact."""
        with self.file.open("a") as file:
            file.write(json.dumps({"what": what, **fact}) + "\n")
        self.counts[what] += 1

    def acknowledge(self, key: str, order_id: str, replayed: bool, seconds: float) -> None:
        """Record a response that acknowledges an order."""
        at = time.monotonic()
        self.gap, self._latest = max(self.gap, at - (self._latest or at)), at
        self.slowest = max(self.slowest, seconds)
        self.note("replayed" if replayed else "ordered", key=key, order=order_id)

    async def until(self, what: str, count: int = 1) -> None:
        """Wait until this many more of a kind are recorded."""
        await self.reach(what, self.counts[what] + count)

    async def reach(self, what: str, total: int) -> None:
        """Wait until this many of a kind are recorded in all."""
        try:
            async with asyncio.timeout(WITHIN):
                while self.counts[what] < total:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"{total} x {what!r} has not come: {self.summary()}") from None

    def summary(self) -> dict[str, Any]:
        """Return the figures."""
        counts = {name: count for name, count in sorted(self.counts.items()) if name != "begun"}
        return {"recorded": counts, "slowest order s": self.slowest, "longest gap s": self.gap}

    def orders(self) -> dict[str, set[str]]:
        """Return the acknowledged ids of each key.

        A key without a response has none.
        """
        orders: dict[str, set[str]] = defaultdict(set)
        for fact in self._facts():
            if "key" in fact:
                orders[fact["key"]] |= {fact["order"]} if "order" in fact else set()
        return orders

    def states(self) -> dict[str, str]:
        """Return the last acknowledged state of each order."""
        return {fact["of"]: fact["became"] for fact in self._facts() if "became" in fact}

    def followed(self) -> list[str]:
        """Return the events that a follower has received, in that order."""
        return [fact["event"] for fact in self._facts() if fact["what"] == "followed"]

    def hasty(self) -> list[dict[str, Any]]:
        """Return the 503 responses without a Retry-After."""
        return [fact for fact in self._facts() if fact["what"] == "503" and not fact["wait"]]

    def _facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]
