"""Metrics for Prometheus: requests, durations, rate limits, saturation and readiness."""

import os
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from orderly.contract.operation import Operation
from orderly.http.messages import Request
from orderly.observability.readiness import ReadinessCollector
from orderly.observability.saturation import SaturationMetrics

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client that makes processes share their counters. The library reads it on
import."""
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NO_OPERATION = "none"
"""The operation label of requests that match no operation."""
OPERATION_LABEL = ("operation",)
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Request metrics, rendered as sums over all processes."""

    def __init__(
        self,
        registry: CollectorRegistry,
        saturation: SaturationMetrics,
        ready: ReadinessCollector,
        operations: Iterable[Operation],
    ) -> None:
        self._registry, self._saturation, self._ready = registry, saturation, ready
        count = partial(Counter, registry=registry)
        requests = count("orderly_requests", "Requests with a response.", ("operation", "method", "status"))
        seconds = Histogram(
            "orderly_request_duration_seconds",
            "Seconds from the request headers to the response.",
            OPERATION_LABEL,
            buckets=BUCKETS,
            registry=registry,
        )
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._limited = count("orderly_rate_limited", "Requests rejected by a rate limit.", ("operation", "per"))
        self._rare_counters = {
            "replayed": count("orderly_idempotent_replays", "Responses replayed by Idempotency-Key.", OPERATION_LABEL),
            "deprecated": count("orderly_deprecated_requests", "Requests to deprecated operations.", OPERATION_LABEL),
            "response_validation_failed": count(
                "orderly_response_validation_failures", "Responses that violate the contract.", OPERATION_LABEL
            ),
        }
        self._gauge = Gauge(
            "orderly_requests_in_progress",
            "Requests in progress.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._in_progress = 0
        for operation in operations:
            self._initialize_series(operation)

    def begin(self) -> None:
        """Count a request that has arrived."""
        self._in_progress += 1

    def end(self, request: Request, status: int | None, seconds: float) -> None:
        """Count a finished request; `status` is None if the client disconnected before."""
        self._in_progress -= 1
        if status is None:
            return
        facts = request.facts
        operation = facts.operation or NO_OPERATION
        method = request.method if operation != NO_OPERATION else NO_OPERATION  # clients may send any method name
        self._requests(operation, method, str(status)).inc()
        self._seconds(operation).observe(seconds)
        if facts.limited_per:
            self._limited.labels(operation, facts.limited_per).inc()
        for fact, counter in self._rare_counters.items():
            if getattr(facts, fact):
                counter.labels(operation).inc()

    def _initialize_series(self, operation: Operation) -> None:
        """Initialize rare series to zero.

        Prometheus sees no increase in a series that begins at one.
        """
        name = operation.operation_id
        self._rare_counters["response_validation_failed"].labels(name)
        if operation.idempotent:
            self._rare_counters["replayed"].labels(name)
        for limit in operation.rate_limits:
            self._limited.labels(name, limit.per)

    def collect(self) -> None:
        """Update the gauges of this process."""
        self._gauge.set(self._in_progress)
        self._saturation.collect()

    def render(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        self.collect()
        return generate_latest(self._multiprocess_registry()) + generate_latest(self._ready)

    def _multiprocess_registry(self) -> CollectorRegistry:
        folder = os.environ.get(FOLDER)
        if folder is None:
            return self._registry
        remove_dead_processes(Path(folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return registry


def remove_dead_processes(folder: Path) -> None:
    """Remove the gauges of processes that were killed; their counters remain."""
    for file in folder.glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
