"""The coverage gate of the contract.

A run of all tests fails when no test has seen a requirement of the contract. It also fails when the service sends
what the contract does not declare. Each process of tests records for itself (`RECORDER`); the process that started
the tests decides.
"""

from collections.abc import Set
from pathlib import Path
from typing import Any

import pytest

from orderly.contract.bundle import Bundle
from orderly.contract.model import Contract
from orderly.devtools.source_map import SourceMaps
from tests.contract_coverage.capture import RECORDER, listening
from tests.contract_coverage.requirements import ONLY_BY_FAULTS, ONLY_ON_POSTGRESQL, requirements_of
from tests.requirements import missing
from tests.shop.application import CONTRACT, CONTRACT_FILE

TESTS = Path(__file__).parent.parent
ELSEWHERE = {"browser", "clients", "faults"}
"""Folders outside of `make test`: they need Chromium or Node, or much time."""
__all__ = ["listening"]

NEVER, UNDECLARED = "never seen:", "not declared:"


class Gate:
    """The hooks of pytest, and what the processes of tests have sent."""

    def __init__(self) -> None:
        self.is_whole = False
        self.seen: set[str] = set()
        self.undeclared: dict[str, str] = {}
        self.record_response: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note whether all tests run.

        They do when each file has some, and no option deselects any.
        """
        collected = {item.path for item in session.items}
        ours = {file for file in TESTS.rglob("test_*.py") if file.parent.name not in ELSEWHERE}
        self.is_whole = collected >= ours and self.is_whole

    def pytest_collection(self, session: pytest.Session) -> None:
        self.is_whole = not session.config.getoption("collectonly")

    def pytest_deselected(self) -> None:
        self.is_whole = False

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Collect what a process of tests has seen (xdist)."""
        sent = getattr(node, "workeroutput", {}).get("gate")
        if sent:
            self._take(**sent)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Send what this process has seen, or judge what all processes have."""
        own: dict[str, Any] = {"whole": self.is_whole, "seen": sorted(RECORDER.seen), "undeclared": RECORDER.undeclared}
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["gate"] = own
            return
        if not session.config.getoption("numprocesses", None):
            self._take(**own)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self._judge(session)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Report the requirements never seen, and the totals."""
        if self.record_response:
            terminalreporter.section("coverage of the contract")
            terminalreporter.write("\n".join(self.record_response) + "\n")

    def _take(self, whole: bool, seen: list[str], undeclared: dict[str, str]) -> None:
        self.is_whole = whole
        self.seen.update(seen)
        self.undeclared.update(undeclared)

    def _judge(self, session: pytest.Session) -> None:
        undeclared = [f"{UNDECLARED} {what} ({test})" for what, test in sorted(self.undeclared.items())]
        unreachable = ONLY_ON_POSTGRESQL if missing("postgresql") else set()
        seen = verdict(CONTRACT, Bundle(CONTRACT_FILE), self.seen, unreachable) if self.is_whole else []
        self.record_response = [*seen, *undeclared]
        if undeclared or any(line.startswith(NEVER) for line in self.record_response):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def verdict(contract: Contract, bundle: Bundle, seen: set[str], unreachable: Set[str] = frozenset()) -> list[str]:
    """Return a line for each requirement never seen, then the totals.

    Args:
        contract: the contract with its requirements.
        bundle: the files of the contract, for the lines.
        seen: the requirements that tests have seen.
        unreachable: error codes that this machine cannot cause, which need not have been seen.
    """
    required, lines = requirements_of(contract), SourceMaps(bundle)
    unseen = [(lines.of(pointer), words) for words, pointer in required.items() if words not in seen]
    absent = sorted(each for each in unseen if each[1].rpartition(" ")[2] not in unreachable)
    table = [f"{NEVER} {file}:{line}: {words}" for (file, line, _), words in absent]
    faults = " and ".join(sorted(ONLY_BY_FAULTS))
    seen_of_all = f"{len(required) - len(unseen)} of {len(required)} requirements"
    total = f"{seen_of_all} of {len(contract.operations)} operations were seen"
    skipped = f"; {' and '.join(sorted(unreachable))} needs PostgreSQL" if unreachable else ""
    return [*table, f"{total} ({faults} are left to the fault tests{skipped})."]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Gate(), "gate")
