"""Saturation metrics: thread pools, their queues and database connections."""

from collections.abc import Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Engine

from orderly.database.sqlalchemy_compat import connections_in_use, pool_capacity
from orderly.pipeline.thread_pool import WorkerPool
from orderly.rate_limiting.limiter import RateLimitStore


class SaturationMetrics:
    """Gauges updated once a second and at each scrape.

    Requests do not pay for them. Prometheus receives the sums over all processes.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        pools: Mapping[str, WorkerPool],
        engines: Mapping[str, Engine],
        counters: RateLimitStore | None,
    ) -> None:
        self._pools, self._engines, self._counters = pools, engines, counters
        gauge = partial(Gauge, registry=registry, multiprocess_mode="livesum")
        self._processes = gauge("orderly_processes", "Worker processes.")
        self._threads = gauge("orderly_threads", "Threads of a pool.", ("pool",))
        self._busy = gauge("orderly_threads_busy", "Busy threads of a pool.", ("pool",))
        self._queue_capacity = gauge("orderly_queue_capacity", "Requests that may wait for a thread.", ("pool",))
        self._queue_length = gauge("orderly_queue_length", "Requests that wait for a thread.", ("pool",))
        self._connections = gauge("orderly_database_connections", "Size of the connection pool.", ("engine",))
        self._in_use = gauge("orderly_database_connections_in_use", "Database connections in use.", ("engine",))
        self._degraded = gauge(
            "orderly_rate_limiter_degraded", "Processes with rate limits of their own: Redis does not respond."
        )

    def collect(self) -> None:
        """Set all gauges."""
        self._processes.set(1)
        for name, workers in self._pools.items():
            self._threads.labels(name).set(workers.threads)
            self._busy.labels(name).set(workers.busy)
            self._queue_capacity.labels(name).set(workers.queue_capacity)
            self._queue_length.labels(name).set(workers.waiting)
        for name, engine in self._engines.items():
            self._connections.labels(name).set(pool_capacity(engine))
            self._in_use.labels(name).set(connections_in_use(engine))
        self._degraded.set(self._counters is not None and self._counters.is_degraded)
