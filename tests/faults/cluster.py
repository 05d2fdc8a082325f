"""PostgreSQL servers of the tests: stopped, filled up, replaced by a standby."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.faults.injection import small_disk
from tests.requirements import program
from tests.serving import free_port

REVIVAL = 60
"""Seconds after which a PostgreSQL that cannot be connected to never will be."""
ROOM = 64
"""MiB of a disk that a small cluster fits on."""
SMALL = "min_wal_size = 2MB\nmax_wal_size = 8MB\n"
"""The settings of a small cluster."""


@dataclass
class Cluster:
    """A PostgreSQL of one's own."""

    port: int
    bin: Path
    data: Path

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def log(self) -> str:
        """The text of its log."""
        return (self.data / "log").read_text()

    def control(self, *words: str) -> None:
        """Start it, stop it or promote it."""
        self._run("pg_ctl", "-D", self.data, "-w", "-s", "-l", self.data / "log", *words)

    def run_sql(self, statement: str) -> None:
        """Have it do something."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def revive(self) -> None:
        """Wait until the server accepts connections; start it if it has exited."""
        end = time.monotonic() + REVIVAL
        while not self._accepts():
            assert time.monotonic() < end, self.log[-2000:]
            if not self._lives():
                with suppress(subprocess.CalledProcessError):  # it was ending, and is not quite gone
                    self.control("start")
            time.sleep(0.1)

    def copy(self, data: Path, port: int) -> "Cluster":
        """Create a standby of this server, not started yet."""
        self._run("pg_basebackup", "-d", self.url.replace("+psycopg", ""), "-D", data, "-R", "--no-sync", "-c", "fast")
        return _listening(Cluster(port, self.bin, data))

    def _accepts(self) -> bool:
        return self._has_run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))

    def _lives(self) -> bool:
        return self._has_run("pg_ctl", "-D", self.data, "status")

    def _run(self, program: str, *words: Path | str) -> None:
        subprocess.run(_as_postgres([self.bin / program, *words]), check=True, stdout=subprocess.DEVNULL)

    def _has_run(self, program: str, *words: Path | str) -> bool:
        command = _as_postgres([self.bin / program, *words])
        return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


@contextmanager
def own_postgresql(folder: Path, *, wal_segment: int = 16, settings: str = "") -> Iterator[Cluster]:
    """Run a PostgreSQL server that tests may stop.

    Args:
        folder: the parent of its data folder.
        wal_segment: MiB of each file of its write-ahead log.
        settings: lines of its `postgresql.conf`.
    """
    programs = program("initdb", "postgresql-server").resolve().parent
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        os.chmod(folder.parent, 0o755)  # noqa: S103  # PostgreSQL does not run as root
    cluster = Cluster(free_port(), programs, folder / "data")
    size = f"--wal-segsize={wal_segment}"
    cluster._run("initdb", "-D", cluster.data, "-U", "postgres", "--auth=trust", "--no-sync", size)
    with _started(_listening(cluster, settings)):
        yield cluster


@contextmanager
def crowded_postgresql(folder: Path) -> Iterator[tuple[Cluster, Path]]:
    """Run a PostgreSQL server on a small disk; yield both."""
    folder.chmod(0o755)
    with (
        small_disk(folder / "disk", ROOM) as disk,
        own_postgresql(disk / "cluster", wal_segment=1, settings=SMALL) as cluster,
    ):
        yield cluster, disk


@contextmanager
def two_postgresqls(folder: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """Run a primary and a standby with synchronous replication.

    The standby has every commit before the client is informed.
    """
    with (
        own_postgresql(folder / "cluster") as primary,
        _started(primary.copy(folder / "cluster" / "standby", free_port())) as standby,
    ):
        primary.run_sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.run_sql("SELECT pg_reload_conf()")
        yield primary, standby


def either(clusters: tuple[Cluster, Cluster]) -> str:
    """Return the URL of whichever server is the primary."""
    ports = ",".join(str(each.port) for each in clusters)
    where = f"host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write"
    return f"postgresql://postgres@/postgres?{where}"


@contextmanager
def _started(cluster: Cluster) -> Iterator[Cluster]:
    try:
        cluster.control("start")
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):
            cluster.control("stop", "-m", "immediate")


def _listening(cluster: Cluster, settings: str = "") -> Cluster:
    """Return the server, configured to listen on its port only."""
    with (cluster.data / "postgresql.conf").open("a") as config:
        config.write(f"port = {cluster.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n{settings}")
    return cluster


def _as_postgres(command: list[Path | str]) -> list[Path | str]:
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command
