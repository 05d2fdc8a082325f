"""Whose request it is: the address nearest to the client that somebody trusted vouches for."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

UNKNOWN = "0.0.0.0"  # noqa: S104  # nobody listens there: nobody comes from there either (RFC 1122, 3.2.1.3)
"""Where somebody comes from of whom a proxy tells no address. They are counted together, and read no metrics."""

ADDRESS_CACHE_SIZE = 1024
"""Addresses that are remembered as they were read: most clients come again."""


class ProxyHeaders:
    """Believes what proxies in some networks say of their clients."""

    def __init__(self, proxies: Iterable[IPv4Network | IPv6Network]) -> None:
        self._proxies = tuple(proxies)

    def client_address(self, peer: str, headers: dict[str, list[str]]) -> str:
        """The client's address, or that of the first one on the way to him who is not trusted."""
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
    """The address that a hop names, without the port that some proxies write; of one that has two forms the shorter."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return UNKNOWN
    return str(getattr(address, "ipv4_mapped", None) or address)
