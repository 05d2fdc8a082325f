"""A Prometheus server that scrapes a service.

Its configuration is `deploy/monitoring/prometheus.yml` with a shorter interval.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from tests.requirements import program
from tests.serving import ROOT, Served, free_port

MONITORING = ROOT / "deploy" / "monitoring"
START = 20
"""Seconds after which a Prometheus that is not ready never will be."""


@dataclass
class Prometheus:
    """A running server."""

    http: httpx.Client

    def query(self, expression: str) -> list[float]:
        """Return the values of an expression at this moment."""
        response = self.http.get("/api/v1/query", params={"query": expression}).json()
        assert response["status"] == "success", (expression, response)
        return [float(each["value"][1]) for each in response["data"]["result"]]

    def rules(self) -> list[dict[str, Any]]:
        """Return the alert rules, and the health of their evaluation."""
        [group] = self.http.get("/api/v1/rules").json()["data"]["groups"]
        return list(group["rules"])


@contextmanager
def prometheus(folder: Path, service: Served) -> Iterator[Prometheus]:
    """Run a server that scrapes the service."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    config["rule_files"] = [str(MONITORING / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [urlsplit(service.url).netloc]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={address}",
            ],
            stderr=log,
        )
    try:
        with httpx.Client(base_url=f"http://{address}", timeout=10) as http:
            _wait(http, process, folder)
            yield Prometheus(http)
    finally:
        process.terminate()
        process.wait()


def _wait(http: httpx.Client, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if http.get("/-/ready").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError((folder / "prometheus.log").read_text()[-2000:])
