"""The contract's rate limits, told as draft-ietf-httpapi-ratelimit-headers-11 has it."""

import math
import time
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import structlog

from orderly.contract.operation import Operation, RateLimit
from orderly.emails import normalize_email
from orderly.http.errors import RateLimited
from orderly.http.messages import Request
from orderly.rate_limiting.memory_store import HitResult, MemoryStore

REDIS_RETRY_AFTER = 5.0
"""Seconds for which a Redis that failed is left alone."""
IPV6_PREFIX_LENGTH = 64
"""Bits of an IPv6 address that a provider gives to one customer, who can use any address below them (RFC 6177)."""

if TYPE_CHECKING:
    from orderly.rate_limiting.redis_store import RedisStore

log = structlog.get_logger(__name__)


class RateLimitStore:
    """Counts in Redis where there is one, so that all processes share the counts, and in memory otherwise."""

    def __init__(self, redis_url: str = "") -> None:
        self._local = MemoryStore()
        self._shared = _shared(redis_url) if redis_url else None
        self._retry_at = 0.0

    @property
    def is_degraded(self) -> bool:
        """Whether this process counts for itself because Redis has failed."""
        return time.monotonic() < self._retry_at

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count once."""
        if self._shared is not None and time.monotonic() >= self._retry_at:
            try:
                return self._shared.hit(limit, *key)
            except Exception as error:  # whatever Redis does, requests go on
                self._retry_at = time.monotonic() + REDIS_RETRY_AFTER
                log.warning("redis_unavailable", error=type(error).__name__)
        return self._local.hit(limit, *key)

    def reset(self) -> None:
        """Begin to count anew what is counted in this process."""
        self._local.clear()


def _shared(redis_url: str) -> "RedisStore":
    from orderly.rate_limiting.redis_store import RedisStore  # its libraries are large, and most shops have no Redis

    return RedisStore(redis_url)


class Limiter:
    """The limits of one operation; without store there are none."""

    def __init__(self, operation: Operation, store: RateLimitStore | None) -> None:
        self._name = operation.operation_id
        self._store = store
        self._limits = operation.rate_limits

    def hit(self, request: Request, caller_id: str | None) -> dict[str, str]:
        """Count a request; the headers that tell the client what is left.

        Raises:
            RateLimited: it is one too many.
        """
        if self._store is None or not self._limits:
            return {}
        counts = [(self._store.hit(each, *self._key(each, request, caller_id)), each) for each in self._limits]
        count, limit = min(counts, key=_most_restrictive)
        reset = min(limit.window, max(0, math.ceil(count.reset_at - time.time())))
        headers = {
            "RateLimit": f'"default";r={count.remaining};t={reset}',
            "RateLimit-Policy": f'"default";q={limit.limit};w={limit.window}',
        }
        if not count.allowed:
            request.facts.limited_per = limit.per
            raise RateLimited(reset, headers)
        return headers

    def _key(self, limit: RateLimit, request: Request, caller_id: str | None) -> tuple[str, ...]:
        return self._name, limit.per, _limit_key(limit, request, caller_id)


def _most_restrictive(counted: tuple[HitResult, RateLimit]) -> tuple[bool, int]:
    """Sorts what is exceeded before what is not, and then what has less left."""
    count, _ = counted
    return count.allowed, count.remaining


def _limit_key(limit: RateLimit, request: Request, caller_id: str | None) -> str:
    """Whose requests are counted together."""
    if limit.per == "caller" and caller_id is not None:
        return caller_id
    if limit.per == "account" and isinstance(request.body, dict):
        # With the address, so that nobody can lock somebody else out by guessing at his password.
        return f"{_network_prefix(request.client)} {_normalize_email(str(request.body.get('email', ''))[:254])}"
    return _network_prefix(request.client)


def _normalize_email(email: str) -> str:
    """The address of an account in the one form that all its spellings have."""
    try:
        return normalize_email(email).lower()
    except ValueError:
        return email.lower()


def _network_prefix(client: str) -> str:
    """The address that somebody was given, whichever of his own he comes from."""
    address = ip_address(client)
    return (
        client
        if isinstance(address, IPv4Address)
        else str(IPv6Network((int(address), IPV6_PREFIX_LENGTH), strict=False))
    )
