"""Things of one's own to break: a small disk, a file that cannot be written, a PostgreSQL cluster, a clock."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import ROOT, environment, free_port

DISK = 24
"""MiB of the small disk."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk that is soon full."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("a disk can be mounted by root only")
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
    """Make a SQLite database immutable, also for those who have it open."""
    for each in _files(file):
        if subprocess.run(["chattr", "+i", each], check=False, capture_output=True).returncode != 0:
            pytest.skip("files can be made immutable by root only, and not on every disk")


def allow_writing(file: Path) -> None:
    """And mutable again."""
    subprocess.run(["chattr", "-i", *_files(file)], check=True)


def _files(file: Path) -> list[Path]:
    # Its `-shm` is left as it is: a process that has mapped a file which becomes immutable is killed when it writes.
    return [file, *file.parent.glob(f"{file.name}-wal")]


def migrate_twice(url: str, folder: Path) -> list[int]:
    """The exit codes of two migrations that begin at the same moment."""
    settings = environment(database_url=url, data_dir=folder)
    command = [sys.executable, "-m", "openapi", "db", "upgrade"]
    both = [subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL) for _ in range(2)]
    return [each.wait(60) for each in both]


@dataclass
class Cluster:
    """A PostgreSQL of one's own."""

    url: str
    bin: Path
    data: Path

    def control(self, *words: str) -> None:
        """Start it or stop it."""
        command = [self.bin / "pg_ctl", "-D", self.data, "-w", "-s", "-l", self.data / "log", *words]
        subprocess.run(_as_postgres(command), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def own_postgresql(folder: Path) -> Iterator[Cluster]:
    """A PostgreSQL that may be stopped, gone at the end of the block."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL programs on this machine")
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        os.chmod(folder.parent, 0o755)  # noqa: S103  # PostgreSQL does not run as root
    port, data = free_port(), folder / "data"
    init = [found[-1], "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run(_as_postgres(init), check=True, stdout=subprocess.DEVNULL)
    with (data / "postgresql.conf").open("a") as config:
        config.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n")
    cluster = Cluster(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", found[-1].parent, data)
    cluster.control("start")
    try:
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):
            cluster.control("stop", "-m", "immediate")


def _as_postgres(command: list[Path | str]) -> list[Path | str]:
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command
