"""The command line, run in the process of the tests."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from orderly.__main__ import main
from orderly.config.settings import PREFIX


@dataclass(frozen=True)
class CommandResult:
    """The exit code of a command, and its output."""

    code: int
    out: str
    err: str


@pytest.fixture
def orderly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., CommandResult]:
    """A function that runs a command in this process: `orderly("db", "status")`."""

    def orderly(*words: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["orderly", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return CommandResult(int(ended.value.code or 0), *capsys.readouterr())

    return orderly


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove all settings from the environment.

    The import path is restored after the test.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "path", [*sys.path])
