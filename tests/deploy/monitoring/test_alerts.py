"""The alerts, checked and tested by promtool."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.monitoring.prometheus_server import MONITORING
from tests.requirements import program


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [program("promtool", "prometheus"), *words]
    return subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, timeout=60)


@pytest.mark.needs("prometheus")
def test_alerts_are_valid() -> None:
    for words in (["config", "prometheus.yml"], ["rules", "alerts.yml"]):
        ended = promtool("check", *words)
        assert ended.returncode == 0, ended.stderr


@pytest.mark.needs("prometheus")
def test_alerts_pass_their_own_tests() -> None:
    ended = promtool("test", "rules", "alerts_test.yml")
    assert ended.returncode == 0, ended.stderr


def test_every_alert_has_a_test_in_which_it_fires() -> None:
    [group] = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    scenes = (MONITORING / "alerts_test.yml").read_text()
    silent = [rule["alert"] for rule in group["rules"] if f'ALERTS{{alertname="{rule["alert"]}"' not in scenes]
    assert not silent
