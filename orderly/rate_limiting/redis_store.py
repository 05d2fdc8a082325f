"""Rate limit counters in Redis, shared by all processes. Imported only with a Redis URL."""

from typing import Any

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from orderly.contract.operation import RateLimit
from orderly.rate_limiting.memory_store import HitResult

REDIS_TIMEOUT = 0.1
"""Seconds a request may wait for Redis; then it is counted in memory."""


class RedisStore:
    """Counters by limit and key, like `MemoryStore`."""

    def __init__(self, url: str) -> None:
        # The client's default retries take seconds.
        no_retry: Any = Retry(NoBackoff(), 0)  # passed unchanged to redis.from_url, contrary to the options' type
        storage = RedisStorage(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=no_retry)
        self._limiter = FixedWindowRateLimiter(storage)

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count a request, and return its result."""
        item = RateLimitItemPerSecond(limit.limit, limit.window)
        allowed = self._limiter.hit(item, *key)
        stats = self._limiter.get_window_stats(item, *key)
        return HitResult(allowed, max(0, stats.remaining), stats.reset_time)
