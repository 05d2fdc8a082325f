"""External generators of clients; a failure is reported as one line."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from orderly.config.errors import CommandError


def find(tool: str, installation: str) -> str:
    """Return the path of a tool.

    Raises:
        CommandError: the tool is not installed; the message has the installation.
    """
    path = shutil.which(tool)
    if path is None:
        raise CommandError(f"{tool} is not installed: {installation}.")
    return path


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run a tool and return its output.

    Raises:
        CommandError: the tool failed; the message has its last lines.
    """
    completed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # no user input
    if completed.returncode:
        last = " ".join((completed.stderr or completed.stdout).split("\n")[-20:]).strip()
        raise CommandError(f"{Path(command[0]).name} failed: {last}")
    return completed.stdout


def prepare_folder(folder: Path, marker: str) -> None:
    """Create a folder, or accept an empty or generated one.

    Args:
        folder: the folder of the client.
        marker: a file or folder that every generated client has.

    Raises:
        CommandError: the folder has other content, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"Cannot create {folder}: {error.strerror}. Name another folder.") from error
    if any(folder.iterdir()) and not (folder / marker).exists():
        raise CommandError(f"Cannot write to {folder}: the folder has other content. Name a new or empty folder.")
