"""`python -m tests.faults.endurance`: a long mixed load with fuzzing.

Memory, open files and the write-ahead log have to stay flat.
"""

import asyncio
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tests.faults import overload
from tests.faults.checker import check
from tests.faults.load import buying
from tests.faults.shop import Shop, shop_on
from tests.faults.shutdown import workers_of
from tests.fuzz.__main__ import start as start_fuzzer

PERIOD = 10
"""Seconds between two looks."""
ALLOWANCES = {"memory MiB": 10.0, "files": 10.0, "WAL MiB": 4.0}
"""By how much the median of the last third of the time may be above that of the second; the first is to warm up."""
FUZZED = "fuzzer.log"


@dataclass(frozen=True)
class Sample:
    """The resources of the worker at one moment."""

    minute: float
    figures: dict[str, float]


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 30,
    rate: Annotated[float, typer.Option(help="Requests a second, besides buyers and fuzzer.")] = 20,
    png: Annotated[Path | None, typer.Option(help="Where to draw it; needs matplotlib (the group bench).")] = None,
) -> None:
    """Run the load. The exit code is 1 if something grows or is lost, or a response is wrong."""
    with shop_on("sqlite", people=8) as shop:
        samples, verdict = asyncio.run(endure(shop, minutes * 60, rate))
    for line in verdict:
        print(line)
    if png:
        _draw(samples, png)
    if any("GROWS" in line or "FAILED" in line for line in verdict):
        raise typer.Exit(1)


async def endure(shop: Shop, seconds: float, rate: float) -> tuple[list[Sample], list[str]]:
    """Run the load; return the samples, and what they show."""
    with shop.serve() as service, _fuzzing(shop, service.url, seconds) as fuzzer:
        [worker] = workers_of(service)
        async with buying(shop, service.url, pause=1):
            load = asyncio.create_task(overload.run(shop, service.url, 8, seconds, rate=rate))
            samples = await _watch(shop, worker, load)
            fuzzed = await asyncio.to_thread(fuzzer.wait, 120)
        same = workers_of(service) == [worker]
    counts = load.result().counts
    return samples, [
        f"clients: {check(shop, strangers=True)}",
        f"load: {dict(counts)}" + (" FAILED" if counts.keys() - {"200", "201"} else ""),
        f"fuzzer: {_end_of(shop.folder / FUZZED)}" + (" FAILED" if fuzzed else ""),
        "worker: " + ("the same all the time" if same else "FAILED, it was replaced"),
        *(_judge(samples, name) for name in ALLOWANCES),
    ]


@contextmanager
def _fuzzing(shop: Shop, url: str, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Send five malformed requests a second as a customer."""
    options = ["--phases", "fuzzing,stateful", "--max-time", str(int(seconds)), "--rate-limit", "5/s"]
    with (shop.folder / FUZZED).open("wb") as log:
        fuzzer = start_fuzzer(url, shop.url, "customer", shop.folder, options, log)
        try:
            yield fuzzer
        finally:
            fuzzer.terminate()
            fuzzer.wait()


async def _watch(shop: Shop, worker: int, load: asyncio.Task[overload.Load]) -> list[Sample]:
    samples, began = [], time.monotonic()
    while not load.done():
        figures = {
            "memory MiB": overload.memory_of(worker),
            "files": float(len(os.listdir(f"/proc/{worker}/fd"))),
            "WAL MiB": shop.file.with_name(f"{shop.file.name}-wal").stat().st_size / 2**20,
        }
        samples.append(Sample((time.monotonic() - began) / 60, figures))
        await asyncio.wait([load], timeout=PERIOD)
    return samples


def _judge(samples: list[Sample], name: str) -> str:
    values = [sample.figures[name] for sample in samples]
    third = len(values) // 3
    first, second, last = (statistics.median(values[n * third : (n + 1) * third]) for n in range(3))
    verdict = "flat" if last - second <= ALLOWANCES[name] else "GROWS"
    return f"{name}: {verdict}: medians of the thirds {first:.1f}, {second:.1f}, {last:.1f}; at most {max(values):.1f}"


def _draw(samples: list[Sample], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(ALLOWANCES), 1, figsize=(7, 5), sharex=True)
    for axis, name in zip(axes, ALLOWANCES, strict=True):
        axis.plot([sample.minute for sample in samples], [sample.figures[name] for sample in samples], color="#2b6cb0")
        axis.set_ylim(bottom=0)
        axis.set_ylabel(name)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _end_of(file: Path) -> str:
    lines = [line.strip(" =") for line in file.read_text(errors="replace").splitlines()]
    return "; ".join([line for line in lines if line][-6:])


if __name__ == "__main__":
    typer.run(main)
