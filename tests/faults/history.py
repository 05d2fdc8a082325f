"""Clients that buy whatever happens, and the file of what they were told."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from db.base import new_id
from tests.faults.wire import Broken, Client, Unsent

PAUSE = 0.05
"""Seconds between one try and the next."""


class History:
    """What the clients were told, written down line by line before they go on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self.gap = 0.0
        self._latest = time.monotonic()

    def note(self, **fact: Any) -> None:
        """Keep a fact."""
        with self.file.open("a") as file:
            file.write(json.dumps(fact) + "\n")
        self.counts[str(fact["what"])] += 1

    def acknowledge(self, key: str, order_id: str, replayed: bool, seconds: float) -> None:
        """Keep an answer that says that an order was made."""
        at = time.monotonic()
        self.gap, self._latest = max(self.gap, at - self._latest), at
        self.slowest = max(self.slowest, seconds)
        self.note(what="replayed" if replayed else "ordered", key=key, order=order_id)

    def acknowledged(self) -> dict[str, str]:
        """The order of each key that was acknowledged, as the file has it."""
        facts = [json.loads(line) for line in self.file.read_text().splitlines()]
        return {fact["key"]: fact["order"] for fact in facts if "order" in fact}

    def keys(self) -> set[str]:
        """Every key that was ever sent."""
        facts = [json.loads(line) for line in self.file.read_text().splitlines()]
        return {fact["key"] for fact in facts if "key" in fact}


async def buy(
    url: str, tokens: list[str], products: list[str], orders: int, history: History, *, retry: bool = True
) -> None:
    """As many clients as tokens place so many keyed orders, each as often as it takes (or once)."""
    keys = [new_id("key") for _ in range(orders)]
    await asyncio.gather(*(_buyer(url, token, products, keys, history, retry) for token in tokens))


async def _buyer(url: str, token: str, products: list[str], keys: list[str], history: History, retry: bool) -> None:
    with Client(url, {"Authorization": f"Bearer {token}"}) as client:
        while keys:
            key = keys.pop()
            history.note(what="begun", key=key)
            while not await _place(client, key, products, history) and retry:
                await asyncio.sleep(PAUSE)
            if not retry and client.is_refused:
                return


async def _place(client: Client, key: str, products: list[str], history: History) -> bool:
    """One try; whether it ended in an acknowledged order."""
    lines = [{"product_id": product, "quantity": 1} for product in products[:2]]
    try:
        answer = await client("POST", "/v1/orders", {"lines": lines, "note": key}, Idempotency_Key=key)
    except Unsent:
        client.is_refused = True
        history.note(what="unsent")
        return False
    except Broken as broken:
        history.note(what="broken", key=key, why=str(broken))
        return False
    if answer.status != 201:
        history.note(what=str(answer.status), key=key, code=answer.json.get("code"))
        return False
    history.acknowledge(key, answer.json["id"], "idempotency-replayed" in answer.headers, answer.seconds)
    return True
