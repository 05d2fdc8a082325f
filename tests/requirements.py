"""Requirements of tests besides Python: services, programs and rights.

A machine may lack some of them. A test declares what it needs: `@pytest.mark.needs("haproxy", "postgresql")`. This
module looks for them once in a process, before any fixture of the test opens anything. Where one is missing the test
is skipped; in CI, or with ORDERLY_TEST_REQUIRE_SERVICES=1, it fails.

Code that uses one calls `program` or `require`. They raise an error in a test without the declaration. Otherwise a
missing declaration would be noticed only on a machine without the program.
"""

import importlib.util
import os
import shutil
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from orderly.devtools.lint.redocly import REDOCLY

POSTGRESQL = os.environ.get("ORDERLY_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("ORDERLY_TEST_REQUIRE_SERVICES") == "1"


@dataclass(frozen=True)
class Requirement:
    """Programs that must be found, and what else must be true."""

    install: str
    programs: tuple[str, ...] = ()
    problem: Callable[[], str | None] = lambda: None
    """Why it cannot be used although its programs are here; None if it can."""

    def missing(self) -> str | None:
        """Return why it is missing and how to install it.

        None if it is present.
        """
        absent = [name for name in self.programs if find(name) is None]
        reason = f"no {', '.join(absent)}" if absent else self.problem()
        return reason and f"{reason} ({self.install})"


def find(program: str) -> str | None:
    """Return the path of a program; None if it is not installed."""
    folders = [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    if shutil.which("pg_ctlcluster"):  # Debian starts a server with it, and keeps the programs of each version apart
        folders += map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    return shutil.which(program, path=os.pathsep.join(folders))


def _cannot_connect() -> str | None:
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return f"no PostgreSQL at {make_url(POSTGRESQL).render_as_string()}"
    return None


def _cannot_run_redocly() -> str | None:
    command = [str(find("npx")), "--offline", "--yes", REDOCLY, "--version"]
    done = subprocess.run(command, check=False, capture_output=True)
    return None if done.returncode == 0 else f"no {REDOCLY} in npx's cache, and tests download nothing"


def _cannot_mount() -> str | None:
    with TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder]
        if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            return "no right to mount a disk"
        subprocess.run(["umount", folder], check=True)
    return None


def _cannot_make_immutable() -> str | None:
    with NamedTemporaryFile() as file:
        if subprocess.run(["chattr", "+i", file.name], check=False, capture_output=True).returncode != 0:
            return "no right to make files immutable, or no file system that can"
        subprocess.run(["chattr", "-i", file.name], check=True)
    return None


def _no_playwright() -> str | None:
    return None if importlib.util.find_spec("playwright") else "no playwright"


REQUIREMENTS = {
    "postgresql": Requirement("set ORDERLY_TEST_POSTGRESQL_URL", problem=_cannot_connect),
    "postgresql-server": Requirement(
        "Debian: apt install postgresql", ("initdb", "pg_ctl", "pg_basebackup", "pg_isready")
    ),
    "postgresql-client": Requirement("Debian: apt install postgresql-client", ("pg_dump", "pg_restore", "pg_isready")),
    "redis-server": Requirement("Debian: apt install redis-server", ("redis-server",)),
    "haproxy": Requirement("Debian: apt install haproxy", ("haproxy",)),
    "prometheus": Requirement("Debian: apt install prometheus", ("prometheus", "promtool")),
    "systemd-analyze": Requirement("Debian: apt install systemd", ("systemd-analyze",)),
    "chromium": Requirement("Debian: apt install chromium; make test-browser", ("chromium",), _no_playwright),
    "node": Requirement("Debian: apt install npm", ("node", "npm")),
    "redocly": Requirement(f"npx --yes {REDOCLY} --version", ("npx",), _cannot_run_redocly),
    "openapi-python-client": Requirement("make test-clients", ("openapi-python-client",)),
    "mypy": Requirement("pip install --group check", ("mypy",)),
    "squawk": Requirement("pip install --group test", ("squawk",)),
    "git": Requirement("Debian: apt install git", ("git",)),
    "mount": Requirement("run the tests as root", ("mount",), _cannot_mount),
    "chattr": Requirement("run the tests as root, on ext4", ("chattr",), _cannot_make_immutable),
}
"""What a test can declare, by name; tests that miss several name them in this order."""


@cache
def missing(name: str) -> str | None:
    """Return why a requirement is missing and how to install it.

    None if it is present.
    """
    return REQUIREMENTS[name].missing()


class UndeclaredRequirementError(Exception):
    """A test uses a requirement without declaring it."""


class MissingRequirementError(Exception):
    """A program outside of the tests lacks a requirement."""


@dataclass
class Running:
    """The test of this process, if any, and its declared requirements."""

    test: str | None = None
    needs: frozenset[str] = frozenset()


_running = Running()


def require(name: str) -> None:
    """Check that the running test declares a requirement.

    Outside of tests, check that it is present.
    """
    if _running.test is None and (reason := missing(name)):
        raise MissingRequirementError(reason)
    if _running.test is not None and name not in _running.needs:
        raise UndeclaredRequirementError(
            f"{_running.test} uses {name}: it would fail on a machine without that. Add @pytest.mark.needs({name!r})."
        )


def program(name: str, requirement: str | None = None) -> Path:
    """Return the path of a program, after the check of `require`.

    The requirement has the program's name unless another is given.
    """
    require(requirement or name)
    return Path(str(find(name)))


def needing_postgresql(*values: Any) -> Any:
    """Return a parameter whose tests need the PostgreSQL server."""
    return pytest.param(*values, marks=pytest.mark.needs("postgresql"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*names): requirements of tests/requirements.py")


def _needs_of(item: pytest.Item) -> frozenset[str]:
    return frozenset(name for marker in item.iter_markers("needs") for name in marker.args)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse requirements that do not exist."""
    for item in items:
        if unknown := _needs_of(item) - REQUIREMENTS.keys():
            raise pytest.UsageError(f"{item.nodeid} needs {sorted(unknown)}, unknown to tests/requirements.py.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember what the running test declares."""
    before = vars(_running).copy()
    vars(_running).update(test=item.nodeid, needs=_needs_of(item))
    try:
        return (yield)
    finally:
        vars(_running).update(before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Skip or fail a test that lacks a requirement.

    This happens before a fixture opens anything.
    """
    reasons = [reason for name in REQUIREMENTS if name in _running.needs and (reason := missing(name))]
    if reasons and REQUIRED:
        pytest.fail("\n".join(reasons), pytrace=False)
    if reasons:
        pytest.skip("\n".join(reasons))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write a line for each reason of skipped tests.

    A test that lacks two requirements counts for both.
    """
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(line for report in reports for line in report.longrepr[2].removeprefix("Skipped: ").splitlines())
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:,} skipped: {reason}")
