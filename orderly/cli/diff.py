"""`orderly diff`: changes of the contract since the last release."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.config.application import find_application
from orderly.contract import model
from orderly.devtools.diff import reporters
from orderly.devtools.diff.baseline import find_baseline
from orderly.devtools.diff.release import Release


class Format(StrEnum):
    """Output formats for changes."""

    TABLE = "table"
    GITHUB = "github"
    JSON = "json"
    MARKDOWN = "markdown"


def diff(
    path: Annotated[Path | None, typer.Argument(help="The contract file. Default: the application's.")] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="A Git revision or a file. Default: the latest tag, or the commit that set the contract's version."
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="The output format.")] = Format.TABLE,
) -> None:
    """List the changes of the contract since the last release.

    The command fails if a change breaks clients without notice, or if the version is too low for the changes.
    """
    path = path or find_application().contract
    before = find_baseline(path, base)
    release = Release(before.contract, model.load(path))
    if format_ is not Format.TABLE:
        out.print(_formatted(release, path, format_))
    elif release.changes:
        out.print(f"Since {before.description}:", markup=False, soft_wrap=True)
        out.print(reporters.as_table(release))
    else:
        out.print(f"Nothing has changed since {before.description}.", markup=False, soft_wrap=True)
    for _, complaint in release.complaints:
        err.print(f"{complaint}.")
    if release.complaints:
        raise typer.Exit(1)


def _formatted(release: Release, path: Path, format_: Format) -> str:
    if format_ is Format.JSON:
        return reporters.as_json(release)
    if format_ is Format.MARKDOWN:
        return reporters.as_changelog(release)
    here = Path.cwd()
    shown = path.resolve()
    return reporters.as_annotations(release, shown.relative_to(here) if shown.is_relative_to(here) else shown)
