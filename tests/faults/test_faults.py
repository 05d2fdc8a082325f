"""A short form of every fault: `make faults` has the long one, with its figures."""

import asyncio
import signal

import pytest

from tests.conftest import REQUIRED, why_no_postgresql
from tests.faults import harm, scenarios
from tests.faults.shop import shop_on
from tests.redis_server import redis_server

KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def shop(request):
    """A shop that may be harmed."""
    if request.param == "postgresql" and why_no_postgresql():
        (pytest.fail if REQUIRED else pytest.skip)("no PostgreSQL")
    with shop_on(request.param) as shop:
        yield shop


on_sqlite = pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("shop", ["postgresql"], indirect=True)
on_both = pytest.mark.parametrize("shop", KINDS, indirect=True)


@on_both
def test_a_killed_service_has_lost_and_doubled_nothing(shop):
    figures = asyncio.run(scenarios.kill_service(shop, kills=1, orders=200))
    assert figures["orders"] == 200


@on_sqlite
def test_a_killed_worker_is_replaced_while_the_other_one_serves(shop):
    figures = asyncio.run(scenarios.kill_worker(shop, kills=1, orders=150, pause=3))
    assert figures["orders"] == 150


@on_sqlite
def test_a_service_that_is_told_to_stop_says_so_answers_what_was_sent_and_ends(shop):
    figures = asyncio.run(scenarios.stop_with_half_sent(shop, drain=1))
    assert figures["broken"] == 0


@on_postgresql
def test_ended_connections_to_postgresql_are_made_anew(shop):
    figures = asyncio.run(scenarios.kill_backends(shop, seconds=2, orders=150))
    assert figures["orders"] == 150


@on_sqlite
def test_a_locked_file_is_waited_for_and_then_refused(shop):
    figures = asyncio.run(scenarios.lock_file(shop, seconds=6, orders=100))
    assert figures["told"]["503"] > 0


def test_a_full_disk_refuses_orders_until_there_is_room(tmp_path):
    with harm.small_disk(tmp_path / "disk") as disk, shop_on("sqlite", file_in=disk) as shop:
        asyncio.run(scenarios.full_disk(shop, seconds=1.2, orders=100))


@on_sqlite
def test_a_file_that_cannot_be_written_refuses_orders_until_it_can(shop):
    asyncio.run(scenarios.immutable_file(shop, seconds=1.2, orders=100))


@on_sqlite
def test_a_file_that_is_gone_refuses_orders_until_it_is_back(shop):
    asyncio.run(scenarios.missing_file(shop, seconds=1.2, orders=100))


@on_sqlite
def test_two_workers_count_together_and_without_redis_each_by_itself(shop, tmp_path):
    with redis_server(tmp_path) as redis:
        asyncio.run(scenarios.freeze_redis(shop, redis, signal.SIGSTOP))


def test_the_clock_may_jump(tmp_path):
    with harm.own_clock(tmp_path) as clock, shop_on("sqlite") as shop:
        asyncio.run(scenarios.move_clock(shop, clock))
