"""`python -m tests.faults`: every fault at length, and a table of figures. `-k WORD` chooses some."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tests.conftest import make_postgresql
from tests.faults import databases, injection, overload, postgresql, proxies, shutdown, slow_clients
from tests.faults.clock import Clock
from tests.faults.cluster import crowded_postgresql, either, own_postgresql, two_postgresqls
from tests.faults.shop import Shop, shop_on
from tests.redis_server import redis_server

Figures = dict[str, Any]
Act = Callable[[Shop], Coroutine[Any, Any, Figures]]
ON_SHOP: dict[str, tuple[str, Act]] = {
    "kill -9 x 20, SQLite": ("sqlite", lambda shop: shutdown.kill_service(shop, 20, 2000)),
    "kill -9 x 20, PostgreSQL": ("postgresql", lambda shop: shutdown.kill_service(shop, 20, 2000)),
    "kill -9 of one of two workers x 20": ("sqlite", lambda shop: shutdown.kill_worker(shop, 20, 2000)),
    "SIGTERM x 10": ("sqlite", lambda shop: shutdown.stop_service(shop, 10)),
    "SIGTERM x 10, PostgreSQL": ("postgresql", lambda shop: shutdown.stop_service(shop, 10)),
    "SIGTERM with half-sent requests": ("sqlite", lambda shop: shutdown.stop_with_half_sent(shop)),
    "SIGTERM with frozen workers": ("sqlite", lambda shop: shutdown.stop_frozen(shop)),
    "PostgreSQL backends killed each second": ("postgresql", lambda shop: databases.kill_backends(shop, 20)),
    "SQLite locked for 3 s": ("sqlite", lambda shop: databases.lock_file(shop, 3)),
    "SQLite locked for 8 s": ("sqlite", lambda shop: databases.lock_file(shop, 8)),
    "file cannot be written": ("sqlite", lambda shop: databases.immutable_file(shop, 3)),
    "file is gone": ("sqlite", lambda shop: databases.missing_file(shop, 3)),
    "200 clients, SQLite": ("sqlite", lambda shop: overload.overload(shop, 200, 120)),
    "200 clients, PostgreSQL": ("postgresql", lambda shop: overload.overload(shop, 200, 120)),
    "100 logins a second": ("sqlite", lambda shop: overload.login_flood(shop, 100, 30)),
    **{
        f"400 clients: {name}": ("sqlite", partial(slow_clients.attack, names=[name], attackers=400))
        for name in slow_clients.ATTACKS
    },
}


@contextmanager
def _full_disk(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with injection.small_disk(folder / "disk") as disk, shop_on("sqlite", file_in=disk) as shop:
        yield databases.full_disk(shop, 3)


@contextmanager
def _postgresql(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with own_postgresql(folder / "cluster") as cluster, shop_on(cluster.url) as shop:
        yield postgresql.stop(shop, cluster, 5)


@contextmanager
def _crowded(folder: Path, act: Callable[..., Coroutine[Any, Any, Figures]]) -> Iterator[Coroutine[Any, Any, Figures]]:
    with crowded_postgresql(folder) as (cluster, disk), shop_on(cluster.url) as shop:
        yield act(shop, cluster, disk, 10)


@contextmanager
def _failover(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with two_postgresqls(folder) as both, shop_on(either(both)) as shop:
        yield postgresql.fail_over(shop, *both, 5)


@contextmanager
def _redis(folder: Path, done: signal.Signals) -> Iterator[Coroutine[Any, Any, Figures]]:
    with redis_server(folder) as redis, shop_on("sqlite") as shop:
        yield proxies.freeze_redis(shop, redis, done)


@contextmanager
def _clock(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with shop_on("sqlite") as shop:
        yield proxies.move_clock(shop, Clock(folder))


@contextmanager
def _migrations(folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with make_postgresql("faults") as url:
        yield databases.migrate_at_once([f"sqlite:///{folder / 'orderly.db'}", url], folder)


@contextmanager
def _shop(kind: str, act: Act, _folder: Path) -> Iterator[Coroutine[Any, Any, Figures]]:
    with shop_on(kind, people=20) as shop:
        yield act(shop)


SCENES: dict[str, Callable[[Path], Any]] = {
    **{name: partial(_shop, kind, act) for name, (kind, act) in ON_SHOP.items()},
    "disk full": _full_disk,
    "PostgreSQL stopped and started x 5": _postgresql,
    "PostgreSQL fails over to its standby": _failover,
    "PostgreSQL's disk full": lambda folder: _crowded(folder, postgresql.fill_disk),
    "PostgreSQL's disk full, and it ends": lambda folder: _crowded(folder, postgresql.fill_log),
    "Redis killed": lambda folder: _redis(folder, signal.SIGKILL),
    "Redis frozen": lambda folder: _redis(folder, signal.SIGSTOP),
    "clock an hour off": _clock,
    "two migrations at once": _migrations,
}


def main(word: Annotated[str, typer.Option("-k", help="Only those with this in their name.")] = "") -> None:
    """Inject every fault. The exit code is 1 if data was lost or doubled, or a response was wrong."""
    table = Table("fault", "", "s", "figures", title="Faults")
    failed = False
    for name in SCENES:
        if word.lower() in name.lower():
            passed, reported, seconds = _play(name)
            failed |= not passed
            row = (name, "ok" if passed else "FAILED", f"{seconds:.0f}", reported)
            print(*row, sep=" | ", flush=True)
            table.add_row(*row)
    Console(width=160).print(table)
    raise typer.Exit(failed)


def _play(name: str) -> tuple[bool, str, float]:
    began = time.monotonic()
    try:
        with TemporaryDirectory() as folder, SCENES[name](Path(folder)) as scene:
            figures = asyncio.run(scene)
    except Exception as error:
        return False, f"{type(error).__name__}: {error}", time.monotonic() - began
    return True, _words(figures), time.monotonic() - began


def _words(figures: Figures) -> str:
    return ", ".join(
        _words(value)
        if isinstance(value, dict)
        else f"{name} {value:.3f}"
        if isinstance(value, float)
        else f"{name} {value}"
        for name, value in figures.items()
    )


if __name__ == "__main__":
    typer.run(main)
