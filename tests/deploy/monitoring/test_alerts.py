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
def test_prometheus_can_read_them() -> None:
    for words in (["config", "prometheus.yml"], ["rules", "alerts.yml"]):
        ended = promtool("check", *words)
        assert ended.returncode == 0, ended.stderr


@pytest.mark.needs("prometheus")
def test_each_fires_when_it_should_and_is_silent_when_it_should() -> None:
    ended = promtool("test", "rules", "alerts_test.yml")
    assert ended.returncode == 0, ended.stderr


def test_none_is_without_a_scene_in_which_it_fires() -> None:
    [group] = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    scenes = (MONITORING / "alerts_test.yml").read_text()
    silent = [rule["alert"] for rule in group["rules"] if f'ALERTS{{alertname="{rule["alert"]}"' not in scenes]
    assert not silent
