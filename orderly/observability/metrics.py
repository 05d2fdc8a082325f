"""What Prometheus scrapes: how many requests each operation had, how they ended, how long they took, how full it is."""

import os
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from orderly.contract.model import Operation
from orderly.http.messages import Request
from orderly.observability.readiness import Ready
from orderly.observability.saturation import Fullness

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of the library that lets several processes count together; it is read when the library is imported."""
MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NONE = "none"
"""The operation of a request that no operation took."""
OF = ("operation",)
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counts requests, as the log tells of them, and tells the sums over all processes."""

    def __init__(
        self, own: CollectorRegistry, fullness: Fullness, ready: Ready, operations: Iterable[Operation]
    ) -> None:
        self._own, self._fullness, self._ready = own, fullness, ready
        count = partial(Counter, registry=own)
        requests = count("orderly_requests", "Requests that were answered.", ("operation", "method", "status"))
        seconds = Histogram(
            "orderly_request_duration_seconds", "From headers to answer.", OF, buckets=BUCKETS, registry=own
        )
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._limited = count("orderly_rate_limited", "Requests beyond a limit.", ("operation", "per"))
        self._seldom = {
            "replayed": count("orderly_replays", "Answers of an Idempotency-Key.", OF),
            "deprecated": count("orderly_deprecated_requests", "Requests of deprecated operations.", OF),
            "broken_promise": count("orderly_broken_promises", "Faulty answers.", OF),
        }
        self._gauge = Gauge(
            "orderly_under_way",
            "Requests that came and wait for their answer.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self._under_way = 0
        for operation in operations:
            self._expect(operation)

    def begin(self) -> None:
        """A request has come."""
        self._under_way += 1

    def end(self, request: Request, status: int | None, seconds: float) -> None:
        """A request has ended; without a status if its client was gone before."""
        self._under_way -= 1
        if status is None:
            return
        facts = request.facts
        operation = facts.get("operation", NONE)
        method = request.method if operation != NONE else NONE  # a stranger may invent methods
        self._requests(operation, method, str(status)).inc()
        self._seconds(operation).observe(seconds)
        if "limited_per" in facts:
            self._limited.labels(operation, facts["limited_per"]).inc()
        for fact in self._seldom.keys() & facts.keys():
            self._seldom[fact].labels(operation).inc()

    def _expect(self, operation: Operation) -> None:
        """Begin at zero what seldom happens: to Prometheus a series that begins at one has never grown."""
        name = operation.operation_id
        self._seldom["broken_promise"].labels(name)
        if operation.idempotent:
            self._seldom["replayed"].labels(name)
        for limit in operation.rate_limits:
            self._limited.labels(name, limit.per)

    def look(self) -> None:
        """Set what this process holds at the moment."""
        self._gauge.set(self._under_way)
        self._fullness.look()

    def render(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        self.look()
        return generate_latest(self._of_all_processes()) + generate_latest(self._ready)

    def _of_all_processes(self) -> CollectorRegistry:
        folder = os.environ.get(FOLDER)
        if folder is None:
            return self._own
        forget_dead(Path(folder))
        everybodys = CollectorRegistry()
        MultiProcessCollector(everybodys)  # type: ignore[no-untyped-call]
        return everybodys


def forget_dead(folder: Path) -> None:
    """What a process held that was killed it holds no more; what it has counted stays counted."""
    for file in folder.glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
