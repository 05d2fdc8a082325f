"""The contract's rate limits, told as draft-ietf-httpapi-ratelimit-headers-11 has it."""

import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

import limits
import structlog
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from db.errors import Refusal
from db.users import Caller, normal_email
from openapi.contract import Operation, RateLimit
from openapi.message import Request
from openapi.refusals import RateLimited
from openapi.windows import Windows

REDIS_TIMEOUT = 0.1
"""Seconds that a request waits for Redis before it is counted in this process alone."""
REDIS_REST = 5.0
"""Seconds for which a Redis that failed is left alone."""
SITE = 64
"""Bits of an IPv6 address that a provider gives to one customer, who can use any address below them (RFC 6177)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of one limit, and for how long."""

    limit: RateLimit
    remaining: int
    reset: int
    is_exceeded: bool


class Counters:
    """Counts in Redis where there is one, so that all processes share the counts, and in memory otherwise."""

    def __init__(self, redis_url: str = "") -> None:
        self._local = Windows()
        self._shared = FixedWindowRateLimiter(_redis(redis_url)) if redis_url else None
        self._rest_until = 0.0

    @property
    def are_alone(self) -> bool:
        """Whether this process counts for itself because Redis has failed."""
        return time.monotonic() < self._rest_until

    def hit(self, item: limits.RateLimitItem, *key: str) -> tuple[bool, int, float]:
        """Count once: whether it was within the limit, what is left, and when (Unix time) the window ends."""
        if self._shared is not None and time.monotonic() >= self._rest_until:
            try:
                return _hit(self._shared, item, *key)
            except Exception as error:  # whatever Redis does, requests go on
                self._rest_until = time.monotonic() + REDIS_REST
                log.warning("redis_unavailable", error=type(error).__name__)
        return self._local.hit(item, *key)


def _hit(limiter: FixedWindowRateLimiter, item: limits.RateLimitItem, *key: str) -> tuple[bool, int, float]:
    within = limiter.hit(item, *key)
    stats = limiter.get_window_stats(item, *key)
    return within, stats.remaining, stats.reset_time


def _redis(url: str) -> Storage:
    # The client's own retries would keep a request waiting for seconds.
    once: Any = Retry(NoBackoff(), 0)  # goes to redis.from_url as it is, whatever the type of the options says
    return RedisStorage(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, retry=once)


class Limiter:
    """The limits of one operation; without counters there are none."""

    def __init__(self, operation: Operation, counters: Counters | None) -> None:
        self._name = operation.operation_id
        self._counters = counters
        self._limits = [
            (each, limits.RateLimitItemPerSecond(each.limit, each.window)) for each in operation.rate_limits
        ]

    def take(self, request: Request, caller: Caller | None) -> dict[str, str]:
        """Count a request; the headers that tell the client what is left.

        Raises:
            RateLimited: it is one too many.
        """
        if self._counters is None or not self._limits:
            return {}
        quotas = [self._quota(self._counters, *each, request, caller) for each in self._limits]
        tightest = min(quotas, key=lambda quota: (not quota.is_exceeded, quota.remaining))
        headers = {
            "RateLimit": f'"default";r={tightest.remaining};t={tightest.reset}',
            "RateLimit-Policy": f'"default";q={tightest.limit.limit};w={tightest.limit.window}',
        }
        if tightest.is_exceeded:
            request.facts["limited_per"] = tightest.limit.per
            raise RateLimited(tightest.reset, headers)
        return headers

    def _quota(
        self,
        counters: Counters,
        limit: RateLimit,
        item: limits.RateLimitItem,
        request: Request,
        caller: Caller | None,
    ) -> Quota:
        within, remaining, reset_at = counters.hit(item, self._name, limit.per, _bucket(limit, request, caller))
        reset = min(limit.window, max(0, math.ceil(reset_at - time.time())))
        return Quota(limit, max(0, remaining), reset, not within)


def _bucket(limit: RateLimit, request: Request, caller: Caller | None) -> str:
    """Whose requests are counted together."""
    if limit.per == "caller" and caller is not None:
        return caller.user_id
    if limit.per == "account" and isinstance(request.body, dict):
        # With the address, so that nobody can lock somebody else out by guessing at his password.
        return f"{_site(request.client)} {_account(str(request.body.get('email', ''))[:254])}"
    return _site(request.client)


def _account(email: str) -> str:
    """The address of an account in the one form that all its spellings have."""
    try:
        return normal_email(email).lower()
    except Refusal:
        return email.lower()


def _site(client: str) -> str:
    """The address that somebody was given, whichever of his own he comes from."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(IPv6Network((int(address), SITE), strict=False))
    return client
