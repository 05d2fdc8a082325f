"""Findings of the linter, and their output formats."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A violation of a rule at a place in the contract."""

    file: str
    line: int
    column: int
    rule: str
    message: str


def as_text(findings: Sequence[Finding]) -> str:
    """Format one line for each finding, for editors and terminals."""
    return "\n".join(f"{f.file}:{f.line}:{f.column}: {f.message} [{f.rule}]" for f in findings)


def as_json(findings: Sequence[Finding]) -> str:
    """Format the findings as a JSON array."""
    return json.dumps([asdict(each) for each in findings], indent=2)


def as_github(findings: Sequence[Finding]) -> str:
    """Format workflow commands: GitHub shows them in the pull request."""
    return "\n".join(
        f"::error file={_property(f.file)},line={f.line},col={f.column},title={_property(f.rule)}::{_data(f.message)}"
        for f in findings
    )


def display_path(file: Path) -> str:
    """Return a path relative to the working directory, for editors and GitHub."""
    resolved, here = file.resolve(), Path.cwd().resolve()
    return str(resolved.relative_to(here) if resolved.is_relative_to(here) else resolved)


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {"text": as_text, "json": as_json, "github": as_github}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
