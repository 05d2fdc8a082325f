"""The client's address, as trusted proxies forward it."""

from ipaddress import ip_network

import pytest

from orderly.http.proxy_headers import UNKNOWN_ADDRESS, ProxyHeaders
from tests.asgi import Client
from tests.engine.conftest import Serve


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "192.0.2.1:5678", "192.0.2.1"),
        ("10.0.0.1", "[2001:db8::1]:5678", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.1, 192.0.2.1:5678, 10.0.0.2:5678", "192.0.2.1"),
        ("10.0.0.1", "192.0.2.1, unknown", UNKNOWN_ADDRESS),
        ("10.0.0.1", "_hidden", UNKNOWN_ADDRESS),
        ("10.0.0.1", "a" * 5000, UNKNOWN_ADDRESS),
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("192.0.2.7", "192.0.2.1", "192.0.2.7"),
        ("", "192.0.2.1", UNKNOWN_ADDRESS),
    ],
)
def test_the_client_is_the_first_untrusted_address(peer: str, forwarded: str, client: str) -> None:
    peers = ProxyHeaders([ip_network("10.0.0.0/8")])
    assert peers.client_address(peer, {"x-forwarded-for": [forwarded]}) == client


@pytest.mark.parametrize("forwarded", ["unknown", "_hidden", "127.0.0.1.example", "9" * 5000])
def test_an_unknown_address_gets_no_metrics(serve: Serve, forwarded: str) -> None:
    behind = Client(serve(trusted_proxies="127.0.0.1").app)
    assert behind.get("/metrics").status == 200
    assert behind.get("/metrics", {"X-Forwarded-For": forwarded}).code == "not_found"
