"""The constraints files that `make lock` writes."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.serving import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PIN = re.compile(r"^(\S+==\S+(?: ; .*?)?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


@dataclass
class Constraints:
    """A constraints file and the requirements that are installed by it."""

    path: Path
    requirements: list[str]

    def pins(self, python: str) -> dict[str, str]:
        """Return the pinned version of each package on a Python."""
        environment = {"python_version": python, "python_full_version": f"{python}.9"}  # all else is this machine's
        pins = [Requirement(text) for text, _ in PIN.findall(self.path.read_text())]
        used = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
        return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in used}


def of_project() -> Constraints:
    groups = [each for name, group in GROUPS.items() if name != "clients" for each in group]
    extras = [each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra]
    return Constraints(ROOT / "constraints.txt", [*PROJECT["project"]["dependencies"], *extras, *groups])


def of_clients() -> Constraints:
    return Constraints(ROOT / "constraints-clients.txt", [*GROUPS["build"], *GROUPS["clients"]])


@pytest.fixture(params=[of_project, of_clients], ids=["project", "clients"])
def constraints(request: pytest.FixtureRequest) -> Constraints:
    found: Constraints = request.param()
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_every_requirement_is_pinned_to_a_release_that_fits(constraints: Constraints, python: str) -> None:
    pins = constraints.pins(python)
    requirements = [Requirement(text) for text in constraints.requirements]

    unfit = [str(each) for each in requirements if not each.specifier.contains(pins[canonicalize_name(each.name)])]

    assert unfit == [], "run make lock"


def test_every_line_is_a_pin_or_a_hash(constraints: Constraints) -> None:
    """Check that there is no index, no path and no option."""
    rest = PIN.sub("", constraints.path.read_text())

    assert [line for line in rest.splitlines() if not line.startswith("#")] == []


def test_comments_name_no_address(constraints: Constraints) -> None:
    comments = [line for line in constraints.path.read_text().splitlines() if line.startswith("#")]

    assert not re.search(r"[/@]", "".join(comments))
