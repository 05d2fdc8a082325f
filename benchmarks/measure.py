"""One measurement: wrk on the other core, its responses and their cost."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.peer import Running
from benchmarks.shop import Shop

LOAD = Path(__file__).with_name("load.lua")
CONNECTIONS = 16


@dataclass
class Figures:
    """The figures of one kind of work."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Microseconds of CPU for a request."""
    wrong: int
    """Rejected and missing responses."""


def measure(
    server: Running, shop: Shop, work: str, *, seconds: int, run: str, connections: int = CONNECTIONS, **more: str
) -> Figures:
    """Load a server with one kind of work."""
    figures = {"WORK": work, "TOKEN": shop.token, "IDS": " ".join(shop.ids), "RUN": run, "SEED": str(hash(run) % 1000)}
    load = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(LOAD), server.url]
    before = server.cpu()
    done = subprocess.run(load, env={**os.environ, **figures, **more}, capture_output=True, text=True, check=True)
    used = server.cpu() - before
    figures = json.loads(done.stdout.rpartition("JSON ")[2])
    requests = max(1, figures["requests"])
    wrong = figures["broken"] + (0 if work == "invalid" else figures["refused"])
    return Figures(requests / figures["seconds"], figures["p50"], figures["p99"], used / requests * 1e6, wrong)


def middle(figures: list[Figures]) -> Figures:
    """Return the median of several rounds for each figure."""
    values = {name: median(getattr(each, name) for each in figures) for name in ("rate", "p50", "p99", "cpu")}
    return Figures(**values, wrong=sum(each.wrong for each in figures))
