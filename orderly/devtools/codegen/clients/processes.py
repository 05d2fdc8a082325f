"""The tools that generate clients, run for us; whatever is wrong with them is one plain line."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from orderly.config.errors import CommandError


def find(tool: str, how: str) -> str:
    """Where a tool is.

    Raises:
        CommandError: it is not installed; the message says how to get it.
    """
    found = shutil.which(tool)
    if found is None:
        raise CommandError(f"{tool} is not installed: {how}")
    return found


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What a tool says to stdout.

    Raises:
        CommandError: it fails; the message has the last lines that it wrote.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).split("\n")[-20:]).strip()
        raise CommandError(f"{Path(command[0]).name} failed: {last}")
    return done.stdout


def prepare_folder(folder: Path, ours: str) -> None:
    """Make a folder, or take an empty one, or one with a client that was made before.

    Raises:
        CommandError: it has something else in it, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error.strerror}.") from error
    if any(folder.iterdir()) and not (folder / ours).exists():
        raise CommandError(f"{folder} has something else in it: name a new or empty folder.")
