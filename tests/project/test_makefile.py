"""The list of `make help`."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.serving import ROOT

HELP_LINE = re.compile(r"^  ([a-z0-9-]+) +(\S.*)$", re.MULTILINE)
NAMED_TARGET = re.compile(r"(?:`|run: |stage \"[^\"]*\" )make ([a-z][a-z0-9-]*)")


def make(*words: str) -> str:
    """Return what make prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def phony_targets() -> set[str]:
    [line] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(line.split()) - {"FORCE"}


def test_help_explains_every_target() -> None:
    assert {name for name, _ in HELP_LINE.findall(make("help"))} == phony_targets()


def test_help_fits_a_terminal() -> None:
    assert max(len(line) for line in make("help").splitlines()) <= 120


def test_make_alone_prints_help_and_installs_nothing(tmp_path: Path) -> None:
    output = make(f"VENV={tmp_path / 'venv'}")

    assert output == make("help")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("git")
def test_documents_and_messages_name_existing_targets() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    texts = [
        (ROOT / name).read_bytes().decode(errors="replace") for name in tracked.splitlines() if (ROOT / name).is_file()
    ]

    named = {target for text in texts for target in NAMED_TARGET.findall(text)}

    assert named <= phony_targets()
