"""The private parts of SQLAlchemy: without one, its test fails by name."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, QueuePool, create_engine

from orderly.database.sqlalchemy_compat import connections_in_use, pool_capacity


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=2, max_overflow=3)
    yield engine
    engine.dispose()


def test_queue_pool_has_max_overflow(engine: Engine) -> None:
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool._max_overflow == 3


def test_capacity_includes_the_overflow(engine: Engine) -> None:
    assert pool_capacity(engine) == 5


def test_connections_in_use_are_counted(engine: Engine) -> None:
    with engine.connect():
        assert connections_in_use(engine) == 1
    assert connections_in_use(engine) == 0
