"""A bad line between a client and the service: it loses answers, is slow, and says 429 and 503 as it likes."""

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
AT_ONCE = 10
"""How many requests the line carries at a time: SQLite writes one after the other, and a queue is not the subject."""


@dataclass
class Line:
    """How likely each trouble is on the line, and what was seen."""

    url: str
    lose: float = 0.2
    limit: float = 0.1
    fail: float = 0.1
    pauses: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
    """What is asked of those who are refused, by turns: 2 as a date."""
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311  # luck, not a secret
    requests: int = 0
    lost: int = 0
    refused: int = 0
    hasty: int = 0
    """Requests that came sooner than they had been told to."""
    keys: set[str] = field(default_factory=set)
    _not_before: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def note(self, key: str) -> float:
        """What happens to a request: a number from 0 to 1."""
        with self._lock:
            self.requests += 1
            self.keys.add(key)
            self.hasty += time.time() < self._not_before.pop(key, 0)
            return self.random.random()

    def refuse(self, key: str) -> str:
        """How long this one is asked to wait."""
        with self._lock:
            self.refused += 1
            pause = self.pauses[self.refused % len(self.pauses)]
            self._not_before[key] = int(time.time()) + 2 if pause == 2 else time.time() + pause
            return formatdate(self._not_before[key], usegmt=True) if pause == 2 else str(pause)

    def drop(self) -> None:
        """Count an answer that never arrives."""
        with self._lock:
            self.lost += 1


@contextmanager
def bad_line(service: str, **given: Any) -> Iterator[tuple[str, Line]]:
    """Stand in front of a service; gives the address, and what was seen."""
    line = Line(service, **given)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"line": line}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", line
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    line: Line
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Whatever it is, it is handed on or is not."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key", self.path)
        fate = self.line.note(key)
        time.sleep(fate * DELAY)
        if fate < self.line.limit + self.line.fail:
            self._refuse(self.line.refuse(key), is_limit=fate < self.line.limit)
            return
        with self.line._places:
            status, headers, answer = self._hand_on(body)
        if fate > 1 - self.line.lose:
            self.line.drop()
            self.close_connection = True
            return
        self._answer(status, headers, answer)

    do_POST = do_DELETE = do_GET  # noqa: N815  # names of the standard library

    def _refuse(self, pause: str, *, is_limit: bool) -> None:
        """As the service does when there is too much, and as some other proxy on the way does when it is down."""
        if is_limit:
            problem = {"type": "/errors#rate_limited", "title": "Too many requests", "status": 429}
            details = {"code": "rate_limited", "detail": "Later.", "request_id": "req_proxy"}
            headers = {"Content-Type": "application/problem+json", "Retry-After": pause}
            self._answer(429, headers, json.dumps({**problem, **details}).encode())
        else:
            self._answer(503, {"Content-Type": "text/html", "Retry-After": pause}, b"<h1>Later</h1>")

    def _hand_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(  # noqa: S310  # always http
            self.line.url + self.path, body or None, kept, method=self.command
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *details: Any) -> None:
        """Nothing."""
