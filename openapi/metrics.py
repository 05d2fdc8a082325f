"""What Prometheus scrapes: how many requests each operation had, how they ended and how long they took."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from openapi.message import Request

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of the library that lets several processes count together; it is read when the library is imported."""
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NONE = "none"
"""The operation of a request that no operation took."""
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counts requests, as the log tells of them, and tells the sums over all processes."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        labels = ("operation", "method", "status")
        self._requests = Counter("orderly_requests", "Requests that were answered.", labels, registry=own)
        self._seconds = Histogram(
            "orderly_request_duration_seconds",
            "From the headers to the answer.",
            ("operation",),
            buckets=BUCKETS,
            registry=own,
        )
        self._replays = Counter("orderly_replays", "Answers of an Idempotency-Key.", ("operation",), registry=own)
        self._broken = Counter("orderly_broken_promises", "Faulty answers.", ("operation",), registry=own)
        self._deprecated = Counter(
            "orderly_deprecated_requests", "Requests of deprecated operations.", ("operation",), registry=own
        )
        self._under_way = Gauge("orderly_under_way", "Requests.", multiprocess_mode="livesum", registry=own)

    def begin(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def end(self, request: Request, status: int | None, seconds: float) -> None:
        """A request has ended; without a status if its client was gone before."""
        self._under_way.dec()
        if status is None:
            return
        operation = request.facts.get("operation", NONE)
        method = request.method if operation != NONE else NONE  # a stranger may invent methods
        self._requests.labels(operation, method, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)
        if request.facts.get("replayed"):
            self._replays.labels(operation).inc()
        if request.facts.get("deprecated"):
            self._deprecated.labels(operation).inc()
        if request.facts.get("broken_promise"):
            self._broken.labels(operation).inc()

    def render(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        registry = self._registry
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
