"""The service as in production.

It is a process with real sockets, stopped by its id.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orderly.config.settings import PREFIX, Settings
from tests.settings import SECRET

ROOT = Path(__file__).parent.parent
PROGRAM = ("orderly", "serve")
START = 30
"""Seconds that a service may take to become ready."""
SERVED: set[str] = set()
"""The URLs of the services of the shop that tests have started."""


@dataclass
class Served:
    """A running service."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def again(self, folder: Path, database_url: str, **settings: object) -> "Served":
        """Start the service again on its port, after it has ended.

        The caller stops it.
        """
        port = int(self.url.rsplit(":", 1)[1])
        return _start(folder, database_url, port, settings)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the service with SIGINT, unless another signal is given.

        A service that has ended already is left as it is. After SIGTERM it would serve for some seconds.
        """
        self.process.send_signal(how)
        try:
            self.process.wait(START)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextmanager
def served(
    folder: Path,
    database_url: str,
    *,
    wait: bool = True,
    program: Sequence[str] = PROGRAM,
    application: Path = ROOT,
    **settings: object,
) -> Iterator[Served]:
    """Serve an application, the shop by default, during the block.

    Args:
        folder: where the service writes its log and its data.
        database_url: a migrated database; empty for none.
        wait: whether to return only when it is ready.
        program: the module and its arguments.
        application: the folder of the application.
        settings: more settings, by their names.
    """
    with reserved_port() as port:
        yield from _serve(_start(folder, database_url, port, settings, program, application), wait)


def _serve(service: Served, wait: bool) -> Iterator[Served]:
    try:
        if wait:
            wait_until_ready(service)
        yield service
    finally:
        service.end()


def _start(
    folder: Path,
    database_url: str,
    port: int,
    settings: dict[str, object],
    program: Sequence[str] = PROGRAM,
    application: Path = ROOT,
) -> Served:
    log = folder / f"service-{port}.log"
    given = {"port": port, "database_url": database_url, "data_dir": folder, "secret_key": SECRET, **settings}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *program],
            cwd=application,
            env=environment(**given) | {"TMPDIR": str(folder)},  # a killed process leaves its files there
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    service = Served(f"http://127.0.0.1:{port}", process, log)
    if application == ROOT:
        SERVED.add(service.url)
    return service


def environment(**settings: object) -> dict[str, str]:
    """Return a process's variables with these settings of the service only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {variable_of(name): str(value) for name, value in settings.items()}


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias if name in Settings.model_fields else None
    return str(alias or PREFIX + name.upper())


def wait_until_ready(service: Served) -> None:
    """Wait until the service is ready.

    Raises:
        AssertionError: it is not ready in time; the message has the end of its log.
    """
    end = time.monotonic() + START
    while time.monotonic() < end and service.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{service.url}/v1/health/ready", timeout=2):  # noqa: S310  # always http
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the service is not ready: {service.log.read_text()[-2000:]}")


@contextmanager
def reserved_port() -> Iterator[int]:
    """Reserve a free port.

    No other caller of this function gets it meanwhile. Granian shares its ports (SO_REUSEPORT): two services with the
    same one would each get half of the requests to either. This socket is bound with them and does not listen.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def free_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
