"""Clients under faults.

They buy, pay, cancel, renew their tokens and follow events until stopped.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orderly.clock import new_id
from tests.faults.history import WITHIN, History
from tests.faults.raw_http import Broken, Client, Response, Unsent
from tests.faults.shop import Shop

PAUSE = 0.1
"""Seconds between one try and the next."""
RENEWAL = 0.2
"""Seconds that a client keeps a refresh token, or waits for more to happen."""


@asynccontextmanager
async def buying(shop: Shop, url: str, *, retry: bool = True, pause: float = 0) -> AsyncIterator[History]:
    """Run clients that buy during the block, each after a pause.

    At the end each client completes what it has begun. Without `retry` they send every request once, and leave when
    they cannot reach the service.
    """
    stop = asyncio.Event()
    clients = [_Buyer(shop, url, token, retry).buy(stop, pause) for token in shop.tokens]
    if retry:
        clients += [_renew(url, shop, place, stop) for place in range(len(shop.refresh_tokens))]
        clients.append(_follow(url, shop, stop))
    tasks = [asyncio.create_task(client) for client in clients]
    try:
        yield shop.history
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), WITHIN)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Buyer:
    """A client that places orders with keys.

    It pays every third, and cancels every third.
    """

    def __init__(self, shop: Shop, url: str, token: str, retry: bool) -> None:
        self._shop = shop
        self._history = shop.history
        self._retry = retry
        self._client = Client(url, {"Authorization": f"Bearer {token}"})

    async def buy(self, stop: asyncio.Event, pause: float) -> None:
        with self._client:
            count = 0
            while not stop.is_set() and (self._retry or not self._client.is_refused):
                order, count = await self._order(new_id("key")), count + 1
                if order and count % 3:
                    await self._follow(order, "paid" if count % 3 == 1 else "cancelled")
                await asyncio.sleep(pause)

    async def _order(self, key: str) -> str | None:
        self._history.note("begun", key=key)
        lines = [{"product_id": product, "quantity": 1} for product in self._shop.products[:2]]
        response = await self._send("/v1/orders", {"lines": lines, "note": key}, key)
        if response is None:
            return None
        order = str(response.json["id"])
        self._history.acknowledge(key, order, "idempotency-replayed" in response.headers, response.seconds)
        return order

    async def _follow(self, order: str, state: str) -> None:
        if state == "paid":
            staff = {"Authorization": f"Bearer {self._shop.staff_token}"}
            response = await self._send(f"/v1/orders/{order}/pay", {"reference": order}, f"pay-{order}", **staff)
        else:
            response = await self._send(f"/v1/orders/{order}/cancel", None, None)
        if response is not None:
            self._history.note(state, of=order, became=response.json["status"])

    async def _send(self, target: str, body: object, key: str | None, **headers: str) -> Response | None:
        """Return the successful response, after one or more attempts."""
        given = headers | ({"Idempotency-Key": key} if key else {})
        while True:
            response = await self._try(target, body, given)
            if response is not None or not self._retry:
                return response
            await asyncio.sleep(PAUSE)

    async def _try(self, target: str, body: object, headers: dict[str, str]) -> Response | None:
        try:
            response = await self._client("POST", target, body, **headers)
        except Unsent:
            self._client.is_refused = True
            self._history.note("unsent")
            return None
        except Broken as broken:
            self._history.note("broken", why=str(broken))
            return None
        if response.status in (200, 201):
            return response
        wait = response.headers.get("retry-after")
        self._history.note(str(response.status), code=response.json.get("code"), wait=wait)
        return None


async def _renew(url: str, shop: Shop, place: int, stop: asyncio.Event) -> None:
    """Renew a refresh token repeatedly, until it is rejected."""
    with Client(url) as client:
        while not stop.is_set():
            try:
                response = await client("POST", "/v1/tokens/refresh", {"refresh_token": shop.refresh_tokens[place]})
            except (Unsent, Broken):
                await asyncio.sleep(PAUSE)
                continue
            if response.status == 201:
                shop.refresh_tokens[place] = response.json["refresh_token"]
                shop.history.note("renewed")
            elif response.status == 401:
                shop.history.note("renewal over", code=response.json["code"])
                return
            await asyncio.sleep(RENEWAL)


async def _follow(url: str, shop: Shop, stop: asyncio.Event) -> None:
    """Follow the feed from the first order on, and record each event."""
    target = cursor = "/v1/events?type=order.created&limit=100"
    with Client(url, {"Authorization": f"Bearer {shop.staff_token}"}) as client:
        while not stop.is_set():
            try:
                response = await client("GET", cursor)
            except (Unsent, Broken):
                await asyncio.sleep(PAUSE)
                continue
            if response.status == 200:
                for event in response.json["data"]:
                    shop.history.note("followed", event=event["id"])
                if response.json["next_cursor"]:
                    cursor = f"{target}&after={response.json['next_cursor']}"
            await asyncio.sleep(RENEWAL)
