"""Requirements of tests, and the summary of skipped tests."""

from collections.abc import Iterator

import pytest

from tests import requirements
from tests.requirements import MissingRequirementError, Requirement, require

OPENS = """
import pytest
from pathlib import Path
from tests.requirements import program, require

@pytest.fixture(scope="module", autouse=True)
def opened():
    Path("opened").touch()

@pytest.mark.parametrize("n", range(3))
@pytest.mark.needs("moon", "sun")
def test_what_it_declares(n):
    pass
"""
UNDECLARED = """
from tests.requirements import require

def test_what_it_declares_not():
    require("air")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.Pytester]:
    """A suite on a machine with air, without sun and moon."""
    invented = {
        "air": Requirement("breathe"),
        "moon": Requirement("wait for the night", ("moon",)),
        "sun": Requirement("wait for the day", problem=lambda: "no sun in the sky"),
    }
    monkeypatch.setattr(requirements, "REQUIREMENTS", invented)
    monkeypatch.setattr(requirements, "REQUIRED", False)
    requirements.missing.cache_clear()
    yield pytester
    requirements.missing.cache_clear()


def test_a_missing_requirement_skips_before_any_fixture(suite: pytest.Pytester) -> None:
    suite.makepyfile(OPENS)
    suite.runpytest_inprocess("-q", plugins=[requirements]).assert_outcomes(skipped=3)
    assert not (suite.path / "opened").exists()


def test_skipped_tests_are_one_line_for_each_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(OPENS)
    lines = [line for line in suite.runpytest_inprocess("-q", plugins=[requirements]).outlines if "skipped: " in line]
    assert lines == [
        "3 skipped: no moon (wait for the night)",
        "3 skipped: no sun in the sky (wait for the day)",
    ]


def test_a_missing_requirement_fails_where_all_are_required(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements, "REQUIRED", True)
    suite.makepyfile(OPENS)
    suite.runpytest_inprocess("-q", plugins=[requirements]).assert_outcomes(errors=3)


def test_an_undeclared_requirement_is_an_error_with_the_marker(suite: pytest.Pytester) -> None:
    suite.makepyfile(UNDECLARED)
    result = suite.runpytest_inprocess("-q", plugins=[requirements])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_what_it_declares_not uses air*Add @pytest.mark.needs('air')*"])


def test_an_unknown_requirement_is_refused(suite: pytest.Pytester) -> None:
    suite.makepyfile(OPENS.replace("moon", "stars"))
    assert suite.runpytest_inprocess("-q", plugins=[requirements]).ret == pytest.ExitCode.USAGE_ERROR


def test_a_missing_requirement_outside_of_tests_is_an_error(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requirements, "_running", requirements.Running())
    with pytest.raises(MissingRequirementError, match=r"no moon \(wait for the night\)"):
        require("moon")
