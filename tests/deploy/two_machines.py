"""Two services of one shop behind the proxy, as on two machines.

They share one PostgreSQL database and one Redis.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.proxy import proxied
from tests.faults.shop import Shop, shop_on
from tests.redis_server import redis_server
from tests.serving import Served, wait_until_ready

DRAIN = 3
"""Seconds, as in `deploy/`: more than the proxy takes to notice."""


@dataclass
class Two:
    """The two services, their proxy and what they share."""

    shop: Shop
    services: list[Served]
    proxy: Served
    settings: dict[str, Any]
    ends: ExitStack

    def restart(self, n: int) -> None:
        """Stop a service and start it again, as `systemctl restart` does."""
        stopped = self.services[n]
        stopped.process.terminate()
        assert stopped.process.wait(35) == 0
        self.services[n] = stopped.again(self.shop.folder, self.shop.url, **self.settings)
        self.ends.callback(self.services[n].end)
        wait_until_ready(self.services[n])


@contextmanager
def two_services(folder: Path, **settings: Any) -> Iterator[Two]:
    """Both of them until the end of the block."""
    with ExitStack() as ends:
        redis = ends.enter_context(redis_server(folder))
        shop = ends.enter_context(shop_on("postgresql"))
        given: dict[str, Any] = {"shutdown_delay": DRAIN, "redis_url": redis.url, "trusted_proxies": "127.0.0.1"}
        given |= {"env": "production", "rate_limits": "on", **settings}
        one, two = [ends.enter_context(shop.serve(**given)) for _ in range(2)]
        proxy = ends.enter_context(proxied(folder, one.url, two.url))
        yield Two(shop, [one, two], proxy, given, ends)
