"""Baseline of a comparison: a file, revision or latest release."""

import io
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from orderly.config.errors import CommandError
from orderly.contract.model import Contract, load


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier contract with a description of its origin."""

    contract: Contract
    description: str


def find_baseline(path: Path, named: str | None) -> Baseline:
    """Return the contract to compare a file with.

    Without a name, this is the contract of the latest tag, or else of the commit that set its version.

    Raises:
        CommandError: the file or the revision does not exist, or git has no earlier contract.
        ContractError: the baseline is not a valid contract.
    """
    if named:
        return Baseline(load(Path(named)) if Path(named).is_file() else _at(path, named), named)
    if tag := _git(path, "describe", "--tags", "--abbrev=0").decode().strip():
        return Baseline(_at(path, tag), f"the tag {tag}")
    return _last_set(path)


def _last_set(path: Path) -> Baseline:
    """Return the contract of the newest commit that set `info.version`."""
    commits = _git(path, "log", "--first-parent", "-m", "-Gversion", "--format=%h %cs", "--", path.name)
    baseline = None
    for commit, day in (line.split() for line in commits.decode().splitlines()):
        contract = _at(path, commit)
        if baseline and contract.version != baseline.contract.version:
            return baseline
        baseline = Baseline(
            contract, f"{commit} of {day}, which set info.version to {contract.version} (there is no tag)"
        )
    if baseline is None:
        raise CommandError(f"git has no earlier version of {path.name}: name a file with --base.")
    if _git(path, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise CommandError("This is a shallow clone: run `git fetch --unshallow --tags`, or name a file with --base.")
    return baseline


def _at(path: Path, revision: str) -> Contract:
    """Return the contract of a revision, with all of its files."""
    archive = _git(path, "archive", "--format=zip", revision)
    with TemporaryDirectory() as folder:
        if archive:
            zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        if not (Path(folder) / path.name).is_file():
            raise CommandError(f"Cannot compare with {revision}: not a file, and not a revision with {path.name}.")
        return load(Path(folder) / path.name)


def _git(path: Path, *arguments: str) -> bytes:
    """Return the output of git, empty if git fails."""
    try:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=path.resolve().parent, capture_output=True, check=False).stdout  # noqa: S603
    except FileNotFoundError:
        raise CommandError("git is not installed: install git, or name a file with --base.") from None
