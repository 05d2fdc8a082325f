"""The contract's rate limits, with headers of draft-ietf-httpapi-ratelimit-headers-11."""

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
"""Seconds without a call to Redis after it has failed."""
IPV6_PREFIX_LENGTH = 64
"""Bits of an IPv6 address that identify a customer of a provider (RFC 6177). The customer controls the others."""

if TYPE_CHECKING:
    from orderly.rate_limiting.redis_store import RedisStore

log = structlog.get_logger(__name__)


class RateLimitStore:
    """Counters in Redis, or in memory without Redis or while it fails."""

    def __init__(self, redis_url: str = "") -> None:
        self._memory = MemoryStore()
        self._redis = _connect(redis_url) if redis_url else None
        self._retry_at = 0.0

    @property
    def is_degraded(self) -> bool:
        """True while this process counts in memory because Redis has failed."""
        return time.monotonic() < self._retry_at

    def hit(self, limit: RateLimit, *key: str) -> HitResult:
        """Count a request, and return its result."""
        if self._redis is not None and time.monotonic() >= self._retry_at:
            try:
                return self._redis.hit(limit, *key)
            except Exception as error:  # no failure of Redis may fail a request
                self._retry_at = time.monotonic() + REDIS_RETRY_AFTER
                log.warning("redis_unavailable", error=type(error).__name__)
        return self._memory.hit(limit, *key)

    def reset(self) -> None:
        """Reset the counters in memory."""
        self._memory.clear()


def _connect(redis_url: str) -> "RedisStore":
    from orderly.rate_limiting.redis_store import RedisStore  # its libraries are large, and most services have no Redis

    return RedisStore(redis_url)


class Limiter:
    """The rate limits of one operation; without a store none is applied."""

    def __init__(self, operation: Operation, store: RateLimitStore | None) -> None:
        self._name = operation.operation_id
        self._store = store
        self._limits = operation.rate_limits

    def hit(self, request: Request, caller_id: str | None) -> dict[str, str]:
        """Count a request, and return the headers with the remaining quota.

        Raises:
            RateLimited: the request exceeds a limit.
        """
        if self._store is None or not self._limits:
            return {}
        results = [(self._store.hit(each, *self._key(each, request, caller_id)), each) for each in self._limits]
        result, limit = min(results, key=_most_restrictive)
        reset = min(limit.window, max(0, math.ceil(result.reset_at - time.time())))
        headers = {
            "RateLimit": f'"default";r={result.remaining};t={reset}',
            "RateLimit-Policy": f'"default";q={limit.limit};w={limit.window}',
        }
        if not result.allowed:
            request.facts.limited_per = limit.per
            raise RateLimited(reset, headers)
        return headers

    def _key(self, limit: RateLimit, request: Request, caller_id: str | None) -> tuple[str, ...]:
        return self._name, limit.per, _limit_key(limit, request, caller_id)


def _most_restrictive(hit: tuple[HitResult, RateLimit]) -> tuple[bool, int]:
    """Return a sort key: exceeded limits first, then by remaining requests."""
    result, _ = hit
    return result.allowed, result.remaining


def _limit_key(limit: RateLimit, request: Request, caller_id: str | None) -> str:
    """Return the key of the requests that are counted together."""
    if limit.per == "caller" and caller_id is not None:
        return caller_id
    if limit.per == "account" and isinstance(request.body, dict):
        # Includes the address, so that guessing passwords does not lock out the owner of the account.
        return f"{_network_prefix(request.client)} {_normalize_email(str(request.body.get('email', ''))[:254])}"
    return _network_prefix(request.client)


def _normalize_email(email: str) -> str:
    """Return the normal form of an email address, in lower case."""
    try:
        return normalize_email(email).lower()
    except ValueError:
        return email.lower()


def _network_prefix(client: str) -> str:
    """Return the IPv4 address, or the IPv6 network that one customer controls."""
    address = ip_address(client)
    return (
        client
        if isinstance(address, IPv4Address)
        else str(IPv6Network((int(address), IPV6_PREFIX_LENGTH), strict=False))
    )
