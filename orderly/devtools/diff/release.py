"""Whether what has changed may be released: what breaks was announced, and the version says what to expect."""

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
    """A contract, and the one that was released before it."""

    old: Contract
    new: Contract

    @cached_property
    def changes(self) -> list[Change]:
        """What has changed, the worst first."""
        return compare(self.old, self.new)

    @cached_property
    def complaints(self) -> list[tuple[str, str]]:
        """Why it must not be released, each with the pointer to the place; none if it may."""
        return [*self._unannounced(), *self._version()]

    @cached_property
    def needed(self) -> str:
        """The lowest version that it may have (semver.org, 8; before 1.0.0 everything counts one less)."""
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
        """Where a change stands, before and after."""
        return self._marks[0].line(change.before), self._marks[1].line(change.after)

    def line_now(self, pointer: str) -> int:
        """The line in the new contract of a place, or of what is left around it."""
        return self._marks[1].near(pointer)

    @cached_property
    def _marks(self) -> tuple[SourceMap, SourceMap]:
        return SourceMap(self.old.source), SourceMap(self.new.source)

    def _unannounced(self) -> Iterator[tuple[str, str]]:
        for each in self.changes:
            if each.severity is Severity.BREAKING and not is_past(each.sunset):
                when = f"its x-sunset is {each.sunset}, not past" if each.sunset else "it was not deprecated"
                yield each.after or each.before or "", f"{each.where}: {each.what}, which breaks clients, and {when}"

    def _version(self) -> Iterator[tuple[str, str]]:
        if _numbers(self.new.version) < _numbers(self.needed):
            was = f"it was {self.old.version}"
            yield "/info/version", f"info.version is {self.new.version}; {was}, so raise it to {self.needed} or more"


def is_past(sunset: str | None) -> bool:
    """Whether a day, as YYYY-MM-DD, is over."""
    return sunset is not None and sunset < now().date().isoformat()


def _numbers(version: str) -> Version:
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:[-+].*)?", version)
    if not found:
        raise CommandError(f"info.version is {version}, which is not as semver.org has it: 1.2.3.")
    return int(found[1]), int(found[2]), int(found[3])
