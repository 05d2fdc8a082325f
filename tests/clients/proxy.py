"""Proxy with random faults: delays, lost responses, 429 and 503."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

DELAY = 0.02
"""The longest delay in seconds."""
MAX_CONCURRENT = 10
"""Requests forwarded at a time: SQLite has one writer, and its queue is not under test."""


@dataclass
class Faults:
    """The probabilities of faults, and counters of requests."""

    url: str
    loss_rate: float = 0.2
    limit_rate: float = 0.1
    failure_rate: float = 0.1
    pauses: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
    """Seconds in `Retry-After`, in rotation: 2 is sent as a date."""
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311  # not a secret
    requests: int = 0
    lost: int = 0
    rejected: int = 0
    early: int = 0
    """Requests before the time in `Retry-After`."""
    keys: set[str] = field(default_factory=set)
    _not_before: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(MAX_CONCURRENT))

    def count(self, key: str) -> float:
        """Count a request and return its random number from 0 to 1."""
        with self._lock:
            self.requests += 1
            self.keys.add(key)
            self.early += time.time() < self._not_before.pop(key, 0)
            return self.random.random()

    def reject(self, key: str) -> str:
        """Count a rejected request and return its `Retry-After`."""
        with self._lock:
            self.rejected += 1
            pause = self.pauses[self.rejected % len(self.pauses)]
            self._not_before[key] = int(time.time()) + 2 if pause == 2 else time.time() + pause
            return formatdate(self._not_before[key], usegmt=True) if pause == 2 else str(pause)

    def drop(self) -> None:
        """Count a lost response."""
        with self._lock:
            self.lost += 1


@contextmanager
def faulty_proxy(service: str, **rates: Any) -> Iterator[tuple[str, Faults]]:
    """Run a proxy before a service; yield its URL and its faults."""
    faults = Faults(service, **rates)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"faults": faults}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", faults
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """A connection to the proxy."""

    faults: Faults
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Forward the request, reject it, or lose its response."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key", self.path)
        number = self.faults.count(key)
        time.sleep(number * DELAY)
        if number < self.faults.limit_rate + self.faults.failure_rate:
            self._reject(self.faults.reject(key), is_limit=number < self.faults.limit_rate)
            return
        with self.faults._slots:
            status, headers, content = self._forward(body)
        if number > 1 - self.faults.loss_rate:
            self.faults.drop()
            self.close_connection = True
            return
        self._respond(status, headers, content)

    do_POST = do_DELETE = do_GET  # noqa: N815  # names of the standard library

    def _reject(self, pause: str, *, is_limit: bool) -> None:
        """Respond as a busy service (429) or an upstream proxy (503)."""
        if is_limit:
            problem = {"type": "/errors#rate_limited", "title": "Too many requests", "status": 429}
            details = {"code": "rate_limited", "detail": "Later.", "request_id": "req_proxy"}
            headers = {"Content-Type": "application/problem+json", "Retry-After": pause}
            self._respond(429, headers, json.dumps({**problem, **details}).encode())
        else:
            self._respond(503, {"Content-Type": "text/html", "Retry-After": pause}, b"<h1>Later</h1>")

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(  # noqa: S310  # always http
            self.faults.url + self.path, body or None, kept, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def _respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *details: Any) -> None:
        """Log nothing."""
