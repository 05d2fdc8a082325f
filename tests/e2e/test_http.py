"""HTTP on the wire.

Malformed requests are rejected, and nothing is smuggled behind one.
"""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.serving import served
from tests.shop.application import migrate

HIDDEN = b"GET /v1/health/live HTTP/1.1\r\nHost: smuggled.test\r\nX-Hidden: 1\r\n\r\n"
GET = b"GET /v1/health/live HTTP/1.1\r\n"
POST = b"POST /v1/tokens HTTP/1.1\r\nHost: shop.test\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("http")
    database = f"sqlite:///{folder / 'orderly.db'}"
    migrate(database)
    with served(folder, database, rate_limits="off") as service:
        yield service.url


def exchange(url: str, sent: bytes) -> bytes:
    """Everything that comes back until the service ends the connection."""
    with closing(socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10)) as connection:
        connection.sendall(sent)
        got = b""
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                return got
            if not part:
                return got
            got += part


def statuses(got: bytes) -> list[int]:
    """Return the status of each response."""
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]


def sent_whole(*headers: bytes, start: bytes = GET, body: bytes = b"") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return start + b"Host: shop.test\r\n" + lines + b"Connection: close\r\n\r\n" + body


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
        POST + b"Content-Length: 5, 6\r\n\r\n{}   ",
        POST + b"Content-Length: +5\r\n\r\n{}   ",
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        GET + b"Host: shop.test\r\nX-A: a\rb\r\n\r\n",
        GET + b"Host: shop.test\r\nX-A: a\x00b\r\n\r\n",
        GET + b"Host: shop.test\r\n folded: a\r\n\r\n",
        b"GET /v1/health/live HTTP/9.9\r\nHost: shop.test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=[
        "length and chunked", "two lengths", "a list of lengths", "a signed length", "a chunk of ZZ",
        "a negative chunk", "an unknown coding", "chunked is not last", "a space before the colon", "a bare CR",
        "a NUL", "folded", "a version to come", "TLS",
    ],
)  # fmt: skip
def test_ambiguous_request_is_rejected_and_connection_closed(url: str, request_: bytes) -> None:
    got = exchange(url, request_ + HIDDEN)
    assert len(statuses(got)) <= 1, got
    assert all(400 <= status < 500 for status in statuses(got)), got


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GET + b"Connection: close\r\n\r\n", 400),
        (sent_whole(b"Host: two.test"), 400),
        (sent_whole(b"X-Long: " + b"a" * 20_000), 431),
        (sent_whole(*(b"X-%d: a" % n for n in range(101))), 431),
        (sent_whole(start=b"GET /v1/health/live?q=" + b"a" * 9_000 + b" HTTP/1.1\r\n"), 414),
        (sent_whole(start=b"FOO /v1/health/live HTTP/1.1\r\n"), 405),
        (sent_whole(start=b"TRACE /v1/health/live HTTP/1.1\r\n"), 405),
        (sent_whole(start=b"CONNECT shop.test:80 HTTP/1.1\r\n"), 404),
        (sent_whole(start=b"OPTIONS * HTTP/1.1\r\n"), 404),
    ],
    ids=[
        "no host", "two hosts", "a long header", "101 headers", "a long URL", "an unknown method", "trace", "connect",
        "options of all",
    ],
)  # fmt: skip
def test_malformed_request_is_rejected(url: str, request_: bytes, expected: int) -> None:
    got = exchange(url, request_)
    assert statuses(got) in ([expected], [400])
    assert b"X-Long" not in got


def test_http_1_0_without_host_is_served(url: str) -> None:
    """HAProxy's `option httpchk` sends none without further configuration."""
    assert exchange(url, b"GET /v1/health/ready HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


def test_request_after_a_rejected_one_gets_its_own_response(url: str) -> None:
    got = exchange(url, POST + b"Content-Length: 2\r\n\r\n{}" + sent_whole())
    assert statuses(got) == [400, 200]


def test_unread_body_is_not_a_request(url: str) -> None:
    start = GET + b"Host: shop.test\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    assert statuses(exchange(url, start + HIDDEN + sent_whole())) == [200, 200]


def test_large_body_is_rejected_before_it_is_sent(url: str) -> None:
    got = exchange(url, POST + b"Content-Length: 10737418240\r\n\r\n{")
    assert statuses(got) == [413]
