"""`orderly check`: what is wrong with the contract, at which line and what to do, and what of it is not built yet."""

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
"""Seconds between two looks at the files."""


class Format(StrEnum):
    """For whom the findings are written."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def check(
    path: Annotated[Path | None, typer.Argument(help="The contract's file; the application's if left out.")] = None,
    form: Annotated[Format, typer.Option("--format", help="For people, for GitHub or for programs.")] = Format.TEXT,
    style: Annotated[bool, typer.Option("--style", help="Ask Redocly too; needs Node, npx fetches it.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again at every save, until Ctrl-C.")] = False,
) -> None:
    """Check the contract: whether it is valid OpenAPI 3.1 and keeps the house rules, and what has no handler."""
    from orderly.devtools.lint.linter import (
        check as find,  # OpenAPI's own validator is slow to import; only this needs it
    )

    file = path or find_application().contract

    def report() -> bool:
        findings = find(file)
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
    """One check ends before its garbage matters: to look for it, also at the exit, takes a quarter of the time."""
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
        out.print(f"The contract is sound: {len(loaded.operations)} operations.")
        return
    missing = [o for o in loaded.operations if resolver.handler(o) is None]
    for operation in missing:
        out.print(f"{operation.operation_id} ({operation.method} {operation.path}) has no handler: it answers 501.")
    out.print(f"The contract is sound: {len(loaded.operations)} operations, {len(missing)} without a handler.")


def _watch(path: Path, report: Callable[[], bool]) -> None:
    seen = None
    try:
        while True:
            if (found := snapshot(path)) != seen:
                seen = found
                report()
            time.sleep(POLL_INTERVAL)
    except KeyboardInterrupt:
        return
