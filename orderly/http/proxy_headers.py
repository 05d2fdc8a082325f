"""The client's address, read from X-Forwarded-For of trusted proxies."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # not bound: it is never a source address (RFC 1122, 3.2.1.3)
"""The address of clients for which a proxy reports none. They share one rate limit, and read no metrics."""

ADDRESS_CACHE_SIZE = 1024
"""Parsed addresses to keep: most clients send more than one request."""


class ProxyHeaders:
    """Reader of the headers of trusted proxies."""

    def __init__(self, proxies: Iterable[IPv4Network | IPv6Network]) -> None:
        self._proxies = tuple(proxies)

    def client_address(self, peer: str, headers: dict[str, list[str]]) -> str:
        """Return the address of the last hop outside of the trusted networks.

        Args:
            peer: the address of the connection.
            headers: the headers of the request, by lower-case name.
        """
        address = _address(peer)
        forwarded = ",".join(headers.get("x-forwarded-for", [])) if self._proxies else ""
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        while hops and self._is_proxy(address):
            address = _address(hops.pop())
        return address

    def _is_proxy(self, address: str) -> bool:
        return any(ip_address(address) in network for network in self._proxies)


@lru_cache(ADDRESS_CACHE_SIZE)
def _address(text: str) -> str:
    """Return the address of a hop. The port is removed, and a mapped IPv4 address unwrapped."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return UNKNOWN_ADDRESS
    return str(getattr(address, "ipv4_mapped", None) or address)
