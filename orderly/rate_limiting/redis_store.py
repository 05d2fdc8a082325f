"""Rate limits counted in Redis, by which all processes share the counts. Imported only where there is a Redis."""

from typing import Any

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from orderly.contract.operation import RateLimit
from orderly.rate_limiting.memory_store import HitResult

TIMEOUT = 0.1
"""Seconds that a request waits for Redis before it is counted in this process alone."""


class RedisStore:
    """Counts by key, as `MemoryStore` does."""

    def __init__(self, url: str) -> None:
        # The client's own retries would keep a request waiting for seconds.
        once: Any = Retry(NoBackoff(), 0)  # goes to redis.from_url as it is, whatever the type of the options says
        storage = RedisStorage(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=once)
        self._limiter = FixedWindowRateLimiter(storage)

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count once."""
        item = RateLimitItemPerSecond(limit.limit, limit.window)
        allowed = self._limiter.hit(item, *key)
        stats = self._limiter.get_window_stats(item, *key)
        return HitResult(allowed, max(0, stats.remaining), stats.reset_time)
