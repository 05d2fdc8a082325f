"""Faults of the machine.

A small disk, a read-only file, two migrations at once.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.requirements import program
from tests.serving import ROOT, environment

DISK = 24
"""MiB of the small disk."""


@contextmanager
def small_disk(folder: Path, size: int = DISK) -> Iterator[Path]:
    """Mount a disk of these MiB."""
    folder.mkdir()
    subprocess.run([program("mount"), "-t", "tmpfs", "-o", f"size={size}m", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> None:
    """Leave no room at all."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        for size in (2**20, 2**12):
            with suppress(OSError):
                while ballast.write(bytes(size)) == size:
                    pass


def empty(disk: Path) -> None:
    """Make room again."""
    (disk / "ballast").unlink()


def forbid_writing(file: Path) -> None:
    """Make a SQLite database immutable, also for processes that have opened it."""
    subprocess.run([program("chattr"), "+i", *_files(file)], check=True)


def allow_writing(file: Path) -> None:
    """And mutable again."""
    subprocess.run([program("chattr"), "-i", *_files(file)], check=True)


def _files(file: Path) -> list[Path]:
    # Its `-shm` is left as it is: a process that has mapped a file which becomes immutable is killed when it writes.
    return [file, *file.parent.glob(f"{file.name}-wal")]


def migrate_twice(url: str, folder: Path) -> list[tuple[int, str]]:
    """Start two migrations at once; return their exit codes and error output."""
    settings = environment(database_url=url, data_dir=folder)
    command = [sys.executable, "-m", "orderly", "db", "upgrade"]
    both = [
        subprocess.Popen(command, cwd=ROOT, env=settings, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    result = [each.communicate(timeout=90)[1] for each in both]
    return [(each.returncode, complaint) for each, complaint in zip(both, result, strict=True)]
