"""Whether the service is ready, as a scrape is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orderly.database.readiness import Readiness

READINESS_TIMEOUT = 1.0
"""Seconds that a scrape waits for it. A database that is frozen keeps nobody from reading the other figures."""


class ReadinessCollector(Collector):
    """Asks at each scrape, and never twice at once."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="orderly-ready")

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The one figure."""
        yield GaugeMetricFamily("orderly_ready", "Whether it can serve, asked just now.", value=self._is_ready())

    def _is_ready(self) -> bool:
        try:
            self._thread.submit(self._readiness.check_ready).result(READINESS_TIMEOUT)
        except Exception:  # whatever it is, it does not serve
            return False
        return True
