"""The private parts of SQLAlchemy 2.1 that the engine needs."""

from sqlalchemy import Engine, QueuePool


def pool_capacity(engine: Engine) -> int:
    """Return how many connections a pool may have open.

    The overflow is an argument of the pool without a public attribute.
    """
    return _queue_pool(engine).size() + _queue_pool(engine)._max_overflow


def connections_in_use(engine: Engine) -> int:
    """Return the number of connections that are checked out of the pool."""
    return _queue_pool(engine).checkedout()


def _queue_pool(engine: Engine) -> QueuePool:
    assert isinstance(engine.pool, QueuePool)  # noqa: S101  # the engine creates no other
    return engine.pool
