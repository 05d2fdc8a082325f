"""Output formats of a comparison: table, JSON, GitHub annotations and Markdown."""

import json
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from orderly.devtools.diff.changes import Change, Severity
from orderly.devtools.diff.release import Release, is_past

HEADINGS = {Severity.BREAKING: "Breaking", Severity.COMPATIBLE: "Added", Severity.DOCS: "Wording"}

MAX_SHOWN_OPERATIONS = 3
"""Affected operations named in one change; the rest are counted."""


def as_table(release: Release) -> Table:
    """Format a table for the terminal: severity, lines, place and change."""
    table = Table(*(Column(title, overflow="fold") for title in ("rating", "lines", "where", "what")), box=SIMPLE_HEAD)
    for each in release.changes:
        table.add_row(_severity(each), _lines(release, each), each.where, _what(each))
    return table


def as_json(release: Release) -> str:
    """Format a JSON report for programs."""
    report = {
        "version": {"before": release.old.version, "after": release.new.version, "needed": release.needed},
        "passes": not release.complaints,
        "complaints": [complaint for _, complaint in release.complaints],
        "changes": [_facts(release, each) for each in release.changes],
    }
    return json.dumps(report, indent=2)


def as_annotations(release: Release, path: Path) -> str:
    """Format GitHub annotations: complaints as errors, other changes as notices."""
    errors = [("error", pointer, what) for pointer, what in release.complaints]
    complained = {what.partition(", which breaks")[0] for _, what in release.complaints}
    described = [(each, f"{each.where}: {each.what}") for each in release.changes]
    notices = [
        ("notice", c.after or c.before or "", f"{_severity(c)}: {w}") for c, w in described if w not in complained
    ]
    return "\n".join(
        f"::{level} file={path},line={release.line_now(pointer)},title=orderly diff::{_escaped(what)}"
        for level, pointer, what in [*errors, *notices]
    )


def as_changelog(release: Release) -> str:
    """Format Markdown: a section of a changelog."""
    lines = [f"## [{release.new.version}]"]
    for severity, heading in HEADINGS.items():
        changes = [each for each in release.changes if each.severity is severity]
        if changes:
            lines += ["", f"### {heading}", "", *(f"- **{each.where}**: {_what(each)}." for each in changes)]
    return "\n".join(lines)


def _severity(change: Change) -> str:
    return change.severity.name.lower()


def _what(change: Change) -> str:
    is_shared = change.operations and "/components/" in f"{change.before}{change.after}"
    touched = f" ({_some(change.operations)})" if is_shared else ""
    announced = f", as announced for {change.sunset}" if is_past(change.sunset) else ""
    return f"{change.what}{announced}{touched}"


def _some(operations: tuple[str, ...]) -> str:
    more = len(operations) - MAX_SHOWN_OPERATIONS
    return ", ".join(operations[:MAX_SHOWN_OPERATIONS]) + (f" and {more} more" if more > 0 else "")


def _lines(release: Release, change: Change) -> str:
    before, after = release.lines(change)
    return f"{before or '-'} > {after or '-'}"


def _facts(release: Release, change: Change) -> dict[str, object]:
    before, after = release.lines(change)
    return {
        "rating": _severity(change),
        "where": change.where,
        "what": change.what,
        "operations": list(change.operations),
        "before": {"pointer": change.before, "line": before},
        "after": {"pointer": change.after, "line": after},
        "sunset": change.sunset,
    }


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
