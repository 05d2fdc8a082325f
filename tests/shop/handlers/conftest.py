"""The service and the sandbox: all tests of handlers run on both."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from orderly.clock import ClockAndIds, current_clock
from orderly.database.database import Database
from orderly.devtools.sandbox.clock import STEP, DeterministicClock
from orderly.devtools.sandbox.sandbox import DATABASE, SandboxState, create_sandbox
from orderly.http.messages import ASGIApp
from tests.asgi import Client, shut_down
from tests.requirements import needing_postgresql
from tests.shop.application import APPLICATION
from tests.shop.conftest import make_application, make_database, settings_on

SANDBOX = Path(DATABASE).stem


@pytest.fixture(scope="session", params=["sqlite", needing_postgresql("postgresql"), SANDBOX])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database of a service or of a sandbox."""
    yield from make_database(request, tmp_path_factory)


@pytest.fixture(scope="session")
def clock() -> DeterministicClock:
    """The time of the sandbox."""
    return DeterministicClock()


@pytest.fixture(scope="session")
def application(migrated: Database, clock: DeterministicClock) -> Iterator[ASGIApp]:
    """The service, or a sandbox that has been filled."""
    if not is_sandbox(migrated):
        yield from make_application(migrated)
        return
    sandbox = create_sandbox(settings_on(migrated), APPLICATION, state=SandboxState(clock))
    asyncio.run(sandbox.fill())
    yield sandbox.app
    asyncio.run(shut_down(sandbox.app))


@pytest.fixture
def database(database: Database, clock: DeterministicClock) -> Iterator[Database]:
    """A database without rows, in the time of its sandbox."""
    with in_time(clock) if is_sandbox(database) else nullcontext():
        yield database


@pytest.fixture
def alice(sign_in: Callable[..., Client]) -> Client:
    """The customer that owns the objects of the tests."""
    return sign_in("alice")


@pytest.fixture
def bob(sign_in: Callable[..., Client]) -> Client:
    """A member of staff."""
    return sign_in("bob")


@pytest.fixture
def carol(sign_in: Callable[..., Client]) -> Client:
    """An admin."""
    return sign_in("carol")


@pytest.fixture
def charlie(sign_in: Callable[..., Client]) -> Client:
    """Another customer."""
    return sign_in("charlie")


@pytest.fixture
def time_passes(clock: DeterministicClock) -> Callable[..., AbstractContextManager[None]]:
    """A function that lets time pass: `with time_passes(hours=1): ...`."""

    @contextmanager
    def time_passes(**time: float) -> Iterator[None]:
        passed, began = timedelta(**time), clock.now
        clock.now += passed
        with time_machine.travel(datetime.now(UTC) + passed):
            yield
        clock.now = began

    return time_passes


@contextmanager
def in_time(clock: DeterministicClock) -> Iterator[None]:
    """Take times and ids from the sandbox's clock, a second apart."""

    def new_id(prefix: str) -> str:
        clock.now += STEP
        return clock.new_id(prefix)

    before = current_clock.set(ClockAndIds(lambda: clock.now, new_id))
    yield
    current_clock.reset(before)


def is_sandbox(database: Database) -> bool:
    """Return whether a database is that of a sandbox."""
    return Path(str(database.url.database)).name == DATABASE
