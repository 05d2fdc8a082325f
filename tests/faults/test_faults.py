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
from tests.factories import make_product
from tests.faults import databases, injection, postgresql, proxies, shutdown, slow_clients
from tests.faults.clock import Clock
from tests.faults.cluster import crowded_postgresql, either, own_postgresql, two_postgresqls
from tests.faults.postgresql import Figures
from tests.faults.shop import Shop, shop_on
from tests.redis_server import redis_server
from tests.requirements import needing_postgresql


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop that may be harmed."""
    with shop_on(request.param) as shop:
        yield shop


on_sqlite = pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("shop", [needing_postgresql("postgresql")], indirect=True)
on_both = pytest.mark.parametrize("shop", ["sqlite", needing_postgresql("postgresql")], indirect=True)


@on_both
def test_a_killed_service_has_lost_and_doubled_nothing(shop: Shop) -> None:
    asyncio.run(shutdown.kill_service(shop, kills=1, orders=100))


@on_sqlite
def test_a_killed_worker_is_replaced_while_the_other_one_serves(shop: Shop) -> None:
    asyncio.run(shutdown.kill_worker(shop, kills=1, orders=100))


@on_sqlite
def test_a_service_that_is_told_to_stop_answers_what_was_sent(shop: Shop) -> None:
    asyncio.run(shutdown.stop_service(shop, stops=1))


@on_sqlite
def test_a_service_that_is_told_to_stop_says_so_and_cuts_what_is_never_sent(shop: Shop) -> None:
    asyncio.run(shutdown.stop_with_half_sent(shop, shutdown_delay=1))


@on_postgresql
def test_ended_connections_to_postgresql_are_made_anew(shop: Shop) -> None:
    asyncio.run(databases.kill_backends(shop, times=2))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with access for all users, unlike pytest's.

    PostgreSQL runs as another user.
    """
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.needs("postgresql-server")
def test_orders_wait_for_a_postgresql_that_is_started_again(folder: Path) -> None:
    with own_postgresql(folder / "cluster") as cluster, shop_on(cluster.url) as shop:
        asyncio.run(postgresql.stop(shop, cluster, stops=2))


@pytest.mark.needs("postgresql-server")
def test_a_standby_takes_the_place_of_a_postgresql_that_is_gone(folder: Path) -> None:
    with two_postgresqls(folder) as both, shop_on(either(both)) as shop:
        asyncio.run(postgresql.fail_over(shop, *both))


@pytest.mark.needs("postgresql-server", "mount")
@pytest.mark.parametrize("act", [postgresql.fill_disk, postgresql.fill_log])
def test_a_postgresql_whose_disk_is_full_refuses_orders_until_there_is_room(
    folder: Path, act: Callable[..., Coroutine[Any, Any, Figures]]
) -> None:
    with crowded_postgresql(folder) as (cluster, disk), shop_on(cluster.url) as shop:
        asyncio.run(act(shop, cluster, disk))


@on_sqlite
def test_a_locked_file_is_waited_for_and_then_refused(shop: Shop) -> None:
    asyncio.run(databases.lock_file(shop))


@pytest.mark.needs("mount")
def test_a_full_disk_refuses_orders_until_there_is_room(tmp_path: Path) -> None:
    with injection.small_disk(tmp_path / "disk") as disk, shop_on("sqlite", file_in=disk) as shop:
        asyncio.run(databases.full_disk(shop))


@pytest.mark.needs("chattr")
@on_sqlite
def test_a_file_that_cannot_be_written_refuses_orders_until_it_can(shop: Shop) -> None:
    asyncio.run(databases.immutable_file(shop))


@pytest.mark.needs("chattr")
@on_sqlite
def test_who_comes_while_a_file_cannot_be_written_writes_when_it_can(shop: Shop) -> None:
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
def test_a_file_that_is_gone_refuses_orders_until_it_is_back(shop: Shop) -> None:
    asyncio.run(databases.missing_file(shop))


@pytest.mark.needs("redis-server")
@on_sqlite
def test_two_workers_count_together_and_without_redis_each_by_itself(shop: Shop, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        asyncio.run(proxies.freeze_redis(shop, redis, signal.SIGSTOP))


@on_sqlite
def test_the_clock_may_jump(shop: Shop, tmp_path: Path) -> None:
    asyncio.run(proxies.move_clock(shop, Clock(tmp_path)))


@on_sqlite
def test_who_is_slow_is_cut_and_honest_clients_come_through(shop: Shop) -> None:
    asyncio.run(slow_clients.attack(shop, slow_clients.ATTACKS, attackers=100))
