"""The command line in a folder with contracts."""

from pathlib import Path

import pytest

from tests.commands import forget_settings, orderly

__all__ = ["orderly"]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The empty current folder of the commands."""
    forget_settings(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path
