"""A Redis server for tests that kill or freeze it."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import program
from tests.serving import free_port

START = 10
"""Seconds until a Redis that does not respond counts as failed."""


@dataclass
class Redis:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    """Run a server without persistence, until the end of the block."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program("redis-server"), *options], stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Redis(f"redis://127.0.0.1:{port}/0", process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            if connection.recv(7) == b"+PONG\r\n":
                return
        time.sleep(0.02)
    raise AssertionError("redis-server did not respond")
