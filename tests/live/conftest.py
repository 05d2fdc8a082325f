"""The service as it runs: its own processes, port and data folder, two servers on one database."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from db import migrations
from db.session import Database
from openapi.settings import PREFIX
from tests.conftest import make_postgresql
from tests.factories import SECRET, make_user

HERE = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds that a server has to become ready, and to end."""


@dataclass
class Server:
    """A server, its address and its log."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def client(self, **headers: str) -> httpx.Client:
        """Somebody who calls it."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def wait(self) -> None:
        """Return once it is ready."""
        end = monotonic() + PATIENCE
        while not self._is_ready():
            if self.process.poll() is not None or monotonic() > end:
                raise RuntimeError(f"the server does not serve:\n{self.log.read_text()}")
            sleep(0.05)

    def end(self) -> None:
        """End it, and all of its workers with it."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/health/ready").status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Twins:
    """Two servers that have nothing in common but their database."""

    here: Server
    there: Server
    database: Database
    folder: Path

    def add_user(self, name: str, **given: str) -> str:
        """Somebody with an account; the id."""
        with self.database.writing() as session:
            user = make_user(session, name, **given)
            session.commit()
        return user.id


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two servers on one new database; on PostgreSQL the first one has two workers."""
    folder = tmp_path_factory.mktemp("live")
    if request.param == "sqlite":
        yield from _serve_twice(f"sqlite:///{folder / 'orderly.db'}", folder, workers=1)
        return
    for url in make_postgresql("live"):
        yield from _serve_twice(url, folder, workers=2)


def _serve_twice(url: str, folder: Path, *, workers: int) -> Iterator[Twins]:
    migrations.upgrade(url)
    database = Database(url)
    servers = [_start(url, folder, "here", workers), _start(url, folder, "there", 1)]
    try:
        for server in servers:
            server.wait()
        yield Twins(*servers, database, folder)
    finally:
        for server in servers:
            server.end()
        database.close()


def _start(url: str, folder: Path, name: str, workers: int) -> Server:
    port = _free_port()
    given = {"data_dir": str(folder), "database_url": url, "port": str(port), "workers": str(workers)}
    given |= {"secret_key": SECRET, "rate_limits": "off", "debug": "on"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    environment |= {PREFIX + key.upper(): value for key, value in given.items()}
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "openapi", "serve"],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(HERE)},
            stdout=file,
            stderr=file,
        )
    return Server(process, f"http://127.0.0.1:{port}", log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
