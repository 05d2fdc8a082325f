"""What a contract is compared with: a file, a revision of git, or the contract as it was released last."""

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
    """A contract of before, and in words what it is."""

    contract: Contract
    words: str


def find_baseline(path: Path, named: str | None) -> Baseline:
    """The contract to compare a file with.

    Without a name it is that of the latest tag; where nothing is tagged, it is as it was when its version was set.

    Raises:
        CommandError: there is no such file and no such revision, or git does not know what was before.
        ContractError: it is no contract.
    """
    if named:
        return Baseline(load(Path(named)) if Path(named).is_file() else _at(path, named), named)
    if tag := _git(path, "describe", "--tags", "--abbrev=0").decode().strip():
        return Baseline(_at(path, tag), f"the tag {tag}")
    return _last_set(path)


def _last_set(path: Path) -> Baseline:
    """The contract of the newest commit that gave `info.version` its value."""
    commits = _git(path, "log", "--first-parent", "-m", "-Gversion", "--format=%h %cs", "--", path.name)
    found = None
    for commit, day in (line.split() for line in commits.decode().splitlines()):
        contract = _at(path, commit)
        if found and contract.version != found.contract.version:
            return found
        found = Baseline(
            contract, f"{commit} of {day}, which set info.version to {contract.version}, for there is no tag"
        )
    if found is None:
        raise CommandError(f"git knows no {path.name} of before: name a file with --base.")
    if _git(path, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise CommandError(
            "git was fetched without its past: run `git fetch --unshallow --tags`, or name a file with --base."
        )
    return found


def _at(path: Path, revision: str) -> Contract:
    """The contract of a revision, with the other files that it may be split into."""
    archive = _git(path, "archive", "--format=zip", revision)
    with TemporaryDirectory() as folder:
        if archive:
            zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        if not (Path(folder) / path.name).is_file():
            raise CommandError(f"{revision} is no file, and no revision that has {path.name}.")
        return load(Path(folder) / path.name)


def _git(path: Path, *words: str) -> bytes:
    """What git says in the folder of a file; nothing where it refuses."""
    try:
        command = ["git", *words]
        return subprocess.run(command, cwd=path.resolve().parent, capture_output=True, check=False).stdout  # noqa: S603
    except FileNotFoundError:
        raise CommandError("git is not installed: name a file with --base.") from None
