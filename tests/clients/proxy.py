"""A bad line between a client and the service: it loses answers, is slow, and says 429 and 503 as it likes."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

LOST, LIMITED, UNAVAILABLE = 0.2, 0.1, 0.1
"""How likely each trouble is."""
DELAY = 0.02
"""The longest delay in seconds."""
AT_ONCE = 10
"""How many requests the line carries at a time: SQLite writes one after the other, and a queue is not the subject."""


@dataclass
class Line:
    """The line, and what was seen on it."""

    url: str
    random: Random
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
            self.keys.add(key)
            self.hasty += time.monotonic() < self._not_before.pop(key, 0)
            return self.random.random()

    def refuse(self, key: str, seconds: int) -> None:
        """Remember when this one may come again."""
        with self._lock:
            self.refused += 1
            self._not_before[key] = time.monotonic() + seconds

    def lose(self) -> None:
        """Count an answer that never arrives."""
        with self._lock:
            self.lost += 1


@contextmanager
def bad_line(service: str, seed: int = 1) -> Iterator[tuple[str, Line]]:
    """Stand in front of a service; gives the address, and what was seen."""
    line = Line(service, Random(seed))
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
        if fate < LIMITED + UNAVAILABLE:
            self._refuse(key, fate)
            return
        with self.line._places:
            status, headers, answer = self._hand_on(body)
        if fate > 1 - LOST:
            self.line.lose()
            self.close_connection = True
            return
        self._answer(status, headers, answer)

    do_POST = do_DELETE = do_GET

    def _refuse(self, key: str, fate: float) -> None:
        seconds = round(fate * 1000) % 10 // 9  # one of ten must wait for a second
        self.line.refuse(key, seconds)
        if fate < LIMITED:
            problem = {"type": "/errors#rate_limited", "title": "Too many requests", "status": 429}
            told = {"code": "rate_limited", "detail": "Later.", "request_id": "req_proxy"}
            content = json.dumps({**problem, **told}).encode()
            media = "application/problem+json"
            self._answer(429, {"Content-Type": media, "Retry-After": str(seconds)}, content)
        else:
            self._answer(503, {"Content-Type": "text/html", "Retry-After": str(seconds)}, b"<h1>Later</h1>")

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

    def log_message(self, *told: Any) -> None:
        """Nothing."""
