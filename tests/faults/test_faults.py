"""A short form of every fault; `make test-faults` has the long one."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from orderly.database.database import Database
from tests.faults import databases, injection, postgresql, proxies, shutdown, slow_clients
from tests.faults.clock import Clock
from tests.faults.cluster import crowded_postgresql, either, own_postgresql, two_postgresqls
from tests.faults.postgresql import Figures
from tests.faults.shop import Shop, shop_on
from tests.redis_server import redis_server
from tests.requirements import needing_postgresql
from tests.shop.factories import make_product


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop that may be harmed."""
    with shop_on(request.param) as shop:
        yield shop


on_sqlite = pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("shop", [needing_postgresql("postgresql")], indirect=True)
on_both = pytest.mark.parametrize("shop", ["sqlite", needing_postgresql("postgresql")], indirect=True)


@on_both
def test_killed_service_loses_and_doubles_nothing(shop: Shop) -> None:
    asyncio.run(shutdown.kill_service(shop, kills=1, orders=100))


@on_sqlite
def test_killed_worker_is_replaced_while_the_other_serves(shop: Shop) -> None:
    asyncio.run(shutdown.kill_worker(shop, kills=1, orders=100))


@on_sqlite
def test_stopping_service_responds_to_every_sent_request(shop: Shop) -> None:
    asyncio.run(shutdown.stop_service(shop, stops=1))


@on_sqlite
def test_stopping_service_is_not_ready_and_cuts_half_requests(shop: Shop) -> None:
    asyncio.run(shutdown.stop_with_half_sent(shop, shutdown_delay=1))


@on_postgresql
def test_ended_connections_to_postgresql_are_replaced(shop: Shop) -> None:
    asyncio.run(databases.kill_backends(shop, times=2))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with access for all users, unlike pytest's.

    PostgreSQL runs as another user.
    """
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.needs("postgresql-server")
def test_orders_wait_for_a_restart_of_postgresql(folder: Path) -> None:
    with own_postgresql(folder / "cluster") as cluster, shop_on(cluster.url) as shop:
        asyncio.run(postgresql.stop(shop, cluster, stops=2))


@pytest.mark.needs("postgresql-server")
def test_standby_replaces_a_lost_postgresql(folder: Path) -> None:
    with two_postgresqls(folder) as both, shop_on(either(both)) as shop:
        asyncio.run(postgresql.fail_over(shop, *both))


@pytest.mark.needs("postgresql-server", "mount")
@pytest.mark.parametrize("act", [postgresql.fill_disk, postgresql.fill_log])
def test_full_disk_of_postgresql_rejects_orders_until_freed(
    folder: Path, act: Callable[..., Coroutine[Any, Any, Figures]]
) -> None:
    with crowded_postgresql(folder) as (cluster, disk), shop_on(cluster.url) as shop:
        asyncio.run(act(shop, cluster, disk))


@on_sqlite
def test_locked_file_is_waited_for_then_rejected(shop: Shop) -> None:
    asyncio.run(databases.lock_file(shop))


@pytest.mark.needs("mount")
def test_full_disk_rejects_orders_until_freed(tmp_path: Path) -> None:
    with injection.small_disk(tmp_path / "disk") as disk, shop_on("sqlite", file_in=disk) as shop:
        asyncio.run(databases.full_disk(shop))


@pytest.mark.needs("chattr")
@on_sqlite
def test_read_only_file_rejects_orders_until_writable(shop: Shop) -> None:
    asyncio.run(databases.immutable_file(shop))


@pytest.mark.needs("chattr")
@on_sqlite
def test_connection_from_a_read_only_time_writes_later(shop: Shop) -> None:
    newcomer = Database(shop.url)
    injection.forbid_writing(shop.file)
    try:
        with pytest.raises(OperationalError), newcomer.writing() as session:
            make_product(session)
    finally:
        injection.allow_writing(shop.file)
    with newcomer.writing() as session:
        make_product(session)
    newcomer.close()


@on_sqlite
def test_missing_file_rejects_orders_until_it_is_back(shop: Shop) -> None:
    asyncio.run(databases.missing_file(shop))


@pytest.mark.needs("redis-server")
@on_sqlite
def test_workers_share_limits_with_redis_and_not_without(shop: Shop, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        asyncio.run(proxies.freeze_redis(shop, redis, signal.SIGSTOP))


@on_sqlite
def test_clock_may_jump(shop: Shop, tmp_path: Path) -> None:
    asyncio.run(proxies.move_clock(shop, Clock(tmp_path)))


@on_sqlite
def test_slow_clients_are_cut_and_others_are_served(shop: Shop) -> None:
    asyncio.run(slow_clients.attack(shop, slow_clients.ATTACKS, attackers=100))
