"""A server under measurement: one process tree on one core."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import ROOT, START, environment, reserved_port

TICK = os.sysconf("SC_CLK_TCK")
PEERS = "benchmarks.peers"
UVICORN = "{python} -m uvicorn {target} --port {port} --no-access-log --log-level warning"
GRANIAN = "{python} -m granian --interface asgi --no-ws --http 1 --port {port} --workers {workers} {target}"
OURS = "{python} -m benchmarks.service {target}"
GUNICORN = "{python} -m gunicorn -k gthread --threads 4 -w 1 -b 127.0.0.1:{port} {target}"


@dataclass
class Peer:
    """The start command of a server."""

    name: str
    command: str
    target: str
    orders: bool = True


SERVICE = Peer("Orderly", OURS, "")
UNCHECKED = Peer("Orderly, responses unchecked", OURS, "unchecked")
ALL = (
    SERVICE,
    Peer("FastAPI", UVICORN, f"{PEERS}.on_fastapi:app"),
    Peer("Litestar", UVICORN, f"{PEERS}.on_litestar:app"),
    Peer("Litestar, our statements", UVICORN, f"{PEERS}.on_litestar_with_ours:app"),
    Peer("Flask", GUNICORN, f"{PEERS}.on_flask:app"),
    Peer("Connexion 3.3", UVICORN, f"{PEERS}.on_connexion:app"),
    Peer("floor", GRANIAN, f"{PEERS}.floor:app", orders=False),
)


@dataclass
class Running:
    """A server that responds."""

    peer: Peer
    url: str
    process: subprocess.Popen[bytes]
    start: float
    """Seconds from the command to the first 200."""
    pids: list[int] = field(default_factory=list)

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids]
        return sum(int(each[11]) + int(each[12]) for each in fields) / TICK

    def memory(self) -> float:
        """Return the MiB of its worker, including shared memory.

        The worker is the process that was started last.
        """
        return _of_memory(self.pids[-1], "Rss")

    def own_memory(self) -> float:
        """Return the MiB of all its processes; shared memory counts once."""
        return sum(_of_memory(pid, "Pss") for pid in self.pids)


@contextmanager
def running(peer: Peer, database_url: str, folder: Path, core: int = 0, workers: int = 1) -> Iterator[Running]:
    """Start a peer on one core, and end it."""
    with reserved_port() as port, (folder / "servers.log").open("ab") as log:
        given = {"python": sys.executable, "target": peer.target, "port": port, "workers": workers}
        began = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *peer.command.format(**given).split()],
            cwd=ROOT,
            env=environment(port=port, workers=workers, **_settings(database_url, folder))
            | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url)
            yield Running(peer, url, process, time.monotonic() - began, _tree(process.pid))
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START)


def _settings(database_url: str, folder: Path) -> dict[str, object]:
    from tests.settings import SECRET

    return {"database_url": database_url, "data_dir": folder, "secret_key": SECRET, "log_format": "json"}


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(START * 100):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/v1/health/live", timeout=2):  # noqa: S310  # always http
                return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"{url} did not start. The reason is in servers.log")


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _of_memory(pid: int, kind: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:")) / 1024
