"""`python -m tests.faults`: every fault at length, one line of figures for each. `-k WORD` chooses some."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tests.faults import harm, overload, scenarios, slow
from tests.faults.shop import Shop, shop_on
from tests.redis_server import redis_server

Figures = dict[str, Any]
Act = Callable[[Shop], Coroutine[Any, Any, Figures]]
ON_SHOP: dict[str, tuple[str, Act]] = {
    "kill -9 x 20, SQLite": ("sqlite", lambda shop: scenarios.kill_service(shop, 20, 2000)),
    "kill -9 x 20, PostgreSQL": ("postgresql", lambda shop: scenarios.kill_service(shop, 20, 2000)),
    "kill -9 of one of two workers x 10": ("sqlite", lambda shop: scenarios.kill_worker(shop, 10, 2000)),
    "SIGTERM x 10": ("sqlite", lambda shop: scenarios.stop_service(shop, 10)),
    "SIGTERM with half-sent requests": ("sqlite", lambda shop: scenarios.stop_with_half_sent(shop)),
    "PostgreSQL backends killed": ("postgresql", lambda shop: scenarios.kill_backends(shop, 20, 2000)),
    "SQLite locked for 3 s": ("sqlite", lambda shop: scenarios.lock_file(shop, 3, 500)),
    "SQLite locked for 8 s": ("sqlite", lambda shop: scenarios.lock_file(shop, 8, 500)),
    "file cannot be written": ("sqlite", lambda shop: scenarios.immutable_file(shop, 3, 500)),
    "file is gone": ("sqlite", lambda shop: scenarios.missing_file(shop, 3, 500)),
    "200 clients, SQLite": ("sqlite", lambda shop: overload.overload(shop, 200, 120)),
    "200 clients, PostgreSQL": ("postgresql", lambda shop: overload.overload(shop, 200, 120)),
    "100 logins a second": ("sqlite", lambda shop: overload.login_flood(shop, 100, 30)),
    **{
        f"400 clients: {name}": ("sqlite", lambda shop, name=name: slow.attack(shop, name, 400, 40))
        for name in slow.ATTACKS
    },
}


@contextmanager
def _full_disk(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with harm.small_disk(folder / "disk") as disk, shop_on("sqlite", file_in=disk) as shop:
        yield scenarios.full_disk(shop, 3, 500)


@contextmanager
def _postgresql(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with harm.own_postgresql(folder / "cluster") as cluster, shop_on(cluster.url) as shop:
        yield scenarios.stop_postgresql(shop, cluster, 5, 2000)


@contextmanager
def _redis(folder: Path, done: signal.Signals) -> Iterator[Coroutine[Any, Any, Figures]]:
    with redis_server(folder) as redis, shop_on("sqlite") as shop:
        yield scenarios.freeze_redis(shop, redis, done)


@contextmanager
def _clock(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with harm.own_clock(folder) as clock, shop_on("sqlite") as shop:
        yield scenarios.move_clock(shop, clock)


@contextmanager
def _shop(kind: str, act: Act) -> Iterator[Coroutine[Any, Any, Figures]]:
    with shop_on(kind, people=20) as shop:
        yield act(shop)


SCENES: dict[str, Callable[[Path], Any]] = {
    **{name: lambda _, kind=kind, act=act: _shop(kind, act) for name, (kind, act) in ON_SHOP.items()},
    "disk full": _full_disk,
    "PostgreSQL stopped and started x 5": _postgresql,
    "Redis killed": lambda folder: _redis(folder, signal.SIGKILL),
    "Redis frozen": lambda folder: _redis(folder, signal.SIGSTOP),
    "clock an hour off": _clock,
}


def main(word: Annotated[str, typer.Option("-k", help="Only those with this in their name.")] = "") -> None:
    """Harm it in every way. The exit code is 1 if anything was lost, doubled or answered wrongly."""
    failed = [name for name in SCENES if word.lower() in name.lower() and not _play(name)]
    if failed:
        print(f"Failed: {', '.join(failed)}")
        raise typer.Exit(1)


def _play(name: str) -> bool:
    began = time.monotonic()
    try:
        with TemporaryDirectory() as folder, SCENES[name](Path(folder)) as scene:
            figures = asyncio.run(scene)
    except Exception as error:
        print(f"{name}: FAILED: {type(error).__name__}: {error}", flush=True)
        return False
    told = ", ".join(
        f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}" for key, value in figures.items()
    )
    print(f"{name}: {told} ({time.monotonic() - began:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    typer.run(main)
