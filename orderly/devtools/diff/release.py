"""Release check: breaking changes are announced, and the version reflects the changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from orderly.clock import now
from orderly.config.errors import CommandError
from orderly.contract.model import Contract
from orderly.devtools.diff.changes import Change, Severity
from orderly.devtools.diff.compare import compare
from orderly.devtools.source_map import SourceMap

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Release:
    """A contract and its latest release."""

    old: Contract
    new: Contract

    @cached_property
    def changes(self) -> list[Change]:
        """Return all changes, the worst first."""
        return compare(self.old, self.new)

    @cached_property
    def complaints(self) -> list[tuple[str, str]]:
        """Return each reason against a release, with a pointer to its place."""
        return [*self._unannounced(), *self._version()]

    @cached_property
    def needed(self) -> str:
        """Return the lowest version allowed (semver.org, 8).

        Before 1.0.0, each change raises the next lower number.
        """
        worst = max((each.severity for each in self.changes), default=None)
        major, minor, patch = _numbers(self.old.version)
        raised = {
            None: (major, minor, patch),
            Severity.DOCS: (major, minor, patch + 1),
            Severity.COMPATIBLE: (major, minor + 1, 0) if major else (major, minor, patch + 1),
            Severity.BREAKING: (major + 1, 0, 0) if major else (major, minor + 1, 0),
        }
        return ".".join(str(number) for number in raised[worst])

    def lines(self, change: Change) -> tuple[int | None, int | None]:
        """Return the lines of a change before and after."""
        return self._marks[0].line(change.before), self._marks[1].line(change.after)

    def line_now(self, pointer: str) -> int:
        """Return the new line of a place or its nearest parent."""
        return self._marks[1].near(pointer)

    @cached_property
    def _marks(self) -> tuple[SourceMap, SourceMap]:
        return SourceMap(self.old.source), SourceMap(self.new.source)

    def _unannounced(self) -> Iterator[tuple[str, str]]:
        for each in self.changes:
            if each.severity is Severity.BREAKING and not is_past(each.sunset):
                reason = f"its x-sunset {each.sunset} is not past" if each.sunset else "it was not deprecated"
                yield each.after or each.before or "", f"{each.where}: {each.what}, which breaks clients: {reason}"

    def _version(self) -> Iterator[tuple[str, str]]:
        if _numbers(self.new.version) < _numbers(self.needed):
            versions = f"it is {self.new.version} and was {self.old.version}"
            yield "/info/version", f"info.version is too low: {versions}. Raise it to {self.needed} or more"


def is_past(sunset: str | None) -> bool:
    """Return whether a date (YYYY-MM-DD) is past."""
    return sunset is not None and sunset < now().date().isoformat()


def _numbers(version: str) -> Version:
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", version)
    if not match:
        raise CommandError(f"info.version {version} is not a semantic version (semver.org). Write it as 1.2.3.")
    return int(match[1]), int(match[2]), int(match[3])
