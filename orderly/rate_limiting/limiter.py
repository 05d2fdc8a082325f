"""The contract's rate limits, told as draft-ietf-httpapi-ratelimit-headers-11 has it."""

import math
import time
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import structlog

from db.emails import normal_email
from db.users import Caller
from orderly.contract.model import Operation, RateLimit
from orderly.errors import Refusal
from orderly.http.errors import RateLimited
from orderly.http.messages import Request
from orderly.rate_limiting.memory_store import Count, Windows

REDIS_REST = 5.0
"""Seconds for which a Redis that failed is left alone."""
SITE = 64
"""Bits of an IPv6 address that a provider gives to one customer, who can use any address below them (RFC 6177)."""

if TYPE_CHECKING:
    from orderly.rate_limiting.redis_store import RedisWindows

log = structlog.get_logger(__name__)


class Counters:
    """Counts in Redis where there is one, so that all processes share the counts, and in memory otherwise."""

    def __init__(self, redis_url: str = "") -> None:
        self._local = Windows()
        self._shared = _shared(redis_url) if redis_url else None
        self._rest_until = 0.0

    @property
    def are_alone(self) -> bool:
        """Whether this process counts for itself because Redis has failed."""
        return time.monotonic() < self._rest_until

    def hit(self, limit: RateLimit, *key: str) -> Count:
        """Count once."""
        if self._shared is not None and time.monotonic() >= self._rest_until:
            try:
                return self._shared.hit(limit, *key)
            except Exception as error:  # whatever Redis does, requests go on
                self._rest_until = time.monotonic() + REDIS_REST
                log.warning("redis_unavailable", error=type(error).__name__)
        return self._local.hit(limit, *key)

    def forget(self) -> None:
        """Begin to count anew what is counted in this process."""
        self._local.clear()


def _shared(redis_url: str) -> "RedisWindows":
    from orderly.rate_limiting.redis_store import RedisWindows  # its libraries are large, and most shops have no Redis

    return RedisWindows(redis_url)


class Limiter:
    """The limits of one operation; without counters there are none."""

    def __init__(self, operation: Operation, counters: Counters | None) -> None:
        self._name = operation.operation_id
        self._counters = counters
        self._limits = operation.rate_limits

    def take(self, request: Request, caller: Caller | None) -> dict[str, str]:
        """Count a request; the headers that tell the client what is left.

        Raises:
            RateLimited: it is one too many.
        """
        if self._counters is None or not self._limits:
            return {}
        counts = [(self._counters.hit(each, *self._key(each, request, caller)), each) for each in self._limits]
        count, limit = min(counts, key=_tightness)
        reset = min(limit.window, max(0, math.ceil(count.ends - time.time())))
        headers = {
            "RateLimit": f'"default";r={count.left};t={reset}',
            "RateLimit-Policy": f'"default";q={limit.limit};w={limit.window}',
        }
        if not count.within:
            request.facts["limited_per"] = limit.per
            raise RateLimited(reset, headers)
        return headers

    def _key(self, limit: RateLimit, request: Request, caller: Caller | None) -> tuple[str, ...]:
        return self._name, limit.per, _bucket(limit, request, caller)


def _tightness(counted: tuple[Count, RateLimit]) -> tuple[bool, int]:
    """Sorts what is exceeded before what is not, and then what has less left."""
    count, _ = counted
    return count.within, count.left


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
    address = ip_address(client)
    return client if isinstance(address, IPv4Address) else str(IPv6Network((int(address), SITE), strict=False))
