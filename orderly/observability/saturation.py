"""How full a process is at the moment: its threads, the queues before them, and its connections to the database."""

from collections.abc import Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import Engine, QueuePool

from orderly.pipeline.thread_pool import Workers
from orderly.rate_limiting.limiter import Counters


class Fullness:
    """Gauges that are set by looking, once a second and at each scrape, so that no request pays for them.

    Prometheus is told their sums over all processes.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        crews: Mapping[str, Workers],
        engines: Mapping[str, Engine],
        counters: Counters | None,
    ) -> None:
        self._crews, self._engines, self._counters = crews, engines, counters
        gauge = partial(Gauge, registry=registry, multiprocess_mode="livesum")
        self._processes = gauge("orderly_processes", "Processes that serve.")
        self._threads = gauge("orderly_threads", "Threads.", ("crew",))
        self._busy = gauge("orderly_threads_busy", "Threads that are at work.", ("crew",))
        self._places = gauge("orderly_waiting_places", "Requests that may wait for a thread.", ("crew",))
        self._waiting = gauge("orderly_waiting", "Requests that wait for a thread.", ("crew",))
        self._connections = gauge("orderly_database_connections", "Connections that there may be.", ("engine",))
        self._in_use = gauge("orderly_database_connections_in_use", "Connections that are in use.", ("engine",))
        self._alone = gauge("orderly_limits_alone", "Processes that count limits alone: Redis does not answer.")

    def look(self) -> None:
        """Set all gauges."""
        self._processes.set(1)
        for name, crew in self._crews.items():
            self._threads.labels(name).set(crew.threads)
            self._busy.labels(name).set(crew.busy)
            self._places.labels(name).set(crew.places)
            self._waiting.labels(name).set(crew.waiting)
        for name, engine in self._engines.items():
            pool = engine.pool
            assert isinstance(pool, QueuePool)  # noqa: S101  # all of ours are
            self._connections.labels(name).set(pool.size() + pool._max_overflow)  # which is told nowhere else
            self._in_use.labels(name).set(pool.checkedout())
        self._alone.set(self._counters is not None and self._counters.are_alone)
