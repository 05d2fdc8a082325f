"""Readiness of the service as a metric."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orderly.database.readiness import Readiness

READINESS_TIMEOUT = 1.0
"""Seconds a scrape waits for the check. A frozen database must not delay the other metrics."""


class ReadinessCollector(Collector):
    """A gauge of the readiness at the time of a scrape.

    Only one check runs at a time.
    """

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="orderly-ready")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the readiness, 1 or 0."""
        yield GaugeMetricFamily("orderly_ready", "Readiness at the time of the scrape.", value=self._is_ready())

    def _is_ready(self) -> bool:
        try:
            self._thread.submit(self._readiness.check_ready).result(READINESS_TIMEOUT)
        except Exception:  # on any failure the service cannot serve
            return False
        return True
