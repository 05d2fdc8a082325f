"""Monitoring is tested with the real Prometheus, where there is one."""

import shutil

import pytest

from tests.conftest import REQUIRED


@pytest.fixture(scope="session", autouse=True)
def debians_prometheus() -> None:
    """Skip, with the reason, where there is no Prometheus; in CI fail."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        (pytest.fail if REQUIRED else pytest.skip)("no prometheus and promtool on this machine")
