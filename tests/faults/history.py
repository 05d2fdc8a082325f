"""The file of what the clients were told, written down line by line before they go on."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

WITHIN = 120.0
"""Seconds after which what has not happened never will."""


class History:
    """What the clients were told, and how much of it there is so far."""

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
        """Keep an answer that says that an order was made."""
        at = time.monotonic()
        self.gap, self._latest = max(self.gap, at - (self._latest or at)), at
        self.slowest = max(self.slowest, seconds)
        self.note("replayed" if replayed else "ordered", key=key, order=order_id)

    async def until(self, what: str, count: int = 1) -> None:
        """Wait until so much more of it has happened."""
        await self.reach(what, self.counts[what] + count)

    async def reach(self, what: str, total: int) -> None:
        """Wait until so much of it has happened in all."""
        try:
            async with asyncio.timeout(WITHIN):
                while self.counts[what] < total:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"{total} x {what!r} has not come: {self.summary()}") from None

    def summary(self) -> dict[str, Any]:
        """The figures."""
        counts = {name: count for name, count in sorted(self.counts.items()) if name != "begun"}
        return {"told": counts, "slowest order s": self.slowest, "longest gap s": self.gap}

    def orders(self) -> dict[str, set[str]]:
        """The ids that were acknowledged for each key; none for a key that was sent in vain."""
        orders: dict[str, set[str]] = defaultdict(set)
        for fact in self._facts():
            if "key" in fact:
                orders[fact["key"]] |= {fact["order"]} if "order" in fact else set()
        return orders

    def states(self) -> dict[str, str]:
        """What orders were said to have become."""
        return {fact["of"]: fact["became"] for fact in self._facts() if "became" in fact}

    def followed(self) -> list[str]:
        """The events that a follower was told of, in that order."""
        return [fact["event"] for fact in self._facts() if fact["what"] == "followed"]

    def hasty(self) -> list[dict[str, Any]]:
        """The refusals with 503 that did not say when to come again."""
        return [fact for fact in self._facts() if fact["what"] == "503" and not fact["wait"]]

    def _facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]
