"""`orderly check`: errors of the contract with their lines, and missing handlers."""

import atexit
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.config.application import ApplicationNotFound, find_application
from orderly.contract import model
from orderly.devtools.lint import redocly as redocly
from orderly.devtools.lint.findings import FORMATS, Finding
from orderly.devtools.sandbox.watcher import snapshot
from orderly.pipeline.handler_resolver import HandlerResolver

POLL_INTERVAL = 0.2
"""Seconds between two checks for changed files."""


class Format(StrEnum):
    """Output formats for findings."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def check(
    path: Annotated[Path | None, typer.Argument(help="The contract file. Default: the application's.")] = None,
    form: Annotated[Format, typer.Option("--format", help="The output format.")] = Format.TEXT,
    style: Annotated[bool, typer.Option("--style", help="Also run Redocly (needs Node; npx downloads it).")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again after each save, until Ctrl-C.")] = False,
) -> None:
    """Check the contract, and list the operations without a handler.

    The contract must be a valid OpenAPI 3.1 document and follow the style rules of Orderly.
    """
    # OpenAPI's validator is slow to import, and only this command needs it.
    from orderly.devtools.lint.linter import check as find_violations

    file = path or find_application().contract

    def report() -> bool:
        findings = find_violations(file)
        if style and not findings:
            findings = redocly.check(file)
        _report(findings, form, file)
        return not findings

    if watch:
        _watch(file, report)
        return
    with _gc_disabled():
        is_valid = report()
    if not is_valid:
        raise typer.Exit(1)


@contextmanager
def _gc_disabled() -> Iterator[None]:
    """Disable the garbage collector, also at the exit of the process.

    A single check ends before its garbage matters, and collections take a quarter of its time.
    """
    atexit.register(gc.freeze)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _report(findings: list[Finding], form: Format, path: Path) -> None:
    lines = FORMATS[form](findings)
    if form is not Format.TEXT:
        out.print(lines, markup=False, end="\n" if lines else "")
    elif findings:
        err.print(lines)
    else:
        _report_success(model.load(path))


def _report_success(loaded: model.Contract) -> None:
    try:
        resolver = HandlerResolver(find_application())
    except ApplicationNotFound:  # a contract is valid without handlers
        out.print(f"The contract is valid: {len(loaded.operations)} operations.")
        return
    missing = [o for o in loaded.operations if resolver.handler(o) is None]
    for operation in missing:
        out.print(f"{operation.operation_id} ({operation.method} {operation.path}) has no handler and returns 501.")
    out.print(f"The contract is valid: {len(loaded.operations)} operations, {len(missing)} without a handler.")


def _watch(path: Path, report: Callable[[], bool]) -> None:
    previous = None
    try:
        while True:
            if (current := snapshot(path)) != previous:
                previous = current
                report()
            time.sleep(POLL_INTERVAL)
    except KeyboardInterrupt:
        return
