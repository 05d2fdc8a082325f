"""The script `.ci/install` and the causes that it reports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT, free_port

FAKE_PYTHON = """#!/bin/sh
case $* in
  *venv*) echo "$FAILURE"; exit 1 ;;
esac
"""


def install(venv: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script to its end."""
    command = [str(ROOT / ".ci" / "install"), str(venv), "constraints.txt"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )


@pytest.fixture
def fake_python(tmp_path: Path) -> Path:
    """A Python that makes no virtual environments."""
    path = tmp_path / "python"
    path.write_text(FAKE_PYTHON)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("Error: [Errno 28] No space left on device", "the disk is full. Free space in"),
        ("Error: [Errno 13] Permission denied: '/x/.venv'", "permission denied. Make"),
        ("Error: [Errno 30] Read-only file system: '/x/.venv'", "the file system is read-only. Use a writable folder"),
        ("python3: No module named venv", "Python's venv module is missing. Install it (Debian: apt install"),
        ("No matching distribution found for rich==15.0.0", "the package index lacks a pinned release. Check"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "a download differs from its hash in constraints.txt."),
        (
            "ERROR: Hashes are required in --require-hashes mode",
            "constraints.txt does not fit pyproject.toml. Run make",
        ),
        ("Segmentation fault", "pip or venv failed. The end of the output:\nSegmentation fault"),
    ],
)
def test_a_failure_is_reported_by_its_cause(tmp_path: Path, fake_python: Path, failure: str, message: str) -> None:
    venv = tmp_path / "venv"

    done = install(venv, PYTHON=str(fake_python), FAILURE=failure)

    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot create {venv}: {message}")


def test_an_environment_that_exists_is_kept(tmp_path: Path, fake_python: Path) -> None:
    kept = tmp_path / "venv" / "kept.txt"
    kept.parent.mkdir()
    kept.touch()

    install(kept.parent, PYTHON=str(fake_python), FAILURE="Segmentation fault")

    assert kept.exists()


def test_a_missing_python_is_reported(tmp_path: Path) -> None:
    done = install(tmp_path / "venv", PYTHON="python9")

    assert done.stderr.endswith("there is no python9. Set PYTHON to Python 3.11 or newer.\n")


def test_an_unreachable_index_is_reported(tmp_path: Path) -> None:
    index = f"http://127.0.0.1:{free_port()}/simple"

    done = install(tmp_path / "venv", PYTHON=sys.executable, PIP_INDEX_URL=index, PIP_CONFIG_FILE=os.devnull)

    assert done.stderr.startswith("Cannot install pip: the package index is unreachable. Check the network")
