"""The lint rules find planted defects, and none in the contract."""

from pathlib import Path

import pytest

from orderly.devtools.lint.linter import RULES, check
from orderly.devtools.lint.rules.bounds import is_catastrophic
from tests.shop.application import CONTRACT_FILE
from tests.shop.contract.defects import DEFECTS, GOOD, SOURCE


def line_of(source: str, text: str) -> int:
    return source[: source.index(text)].count("\n") + 1


@pytest.mark.parametrize(("rule", "good", "bad", "at"), DEFECTS)
def test_planted_defect_is_found_at_its_line(tmp_path: Path, rule: str, good: str, bad: str, at: str) -> None:
    assert good in SOURCE
    source = SOURCE.replace(good, bad, 1)
    (tmp_path / "bad.yaml").write_text(source)
    findings = {(each.rule, each.line) for each in check(tmp_path / "bad.yaml")}
    assert (rule, line_of(source, at)) in findings


def test_alias_is_accepted_as_a_copy(tmp_path: Path) -> None:
    responses = '"401": {$ref: "#/components/responses/Unauthorized"}'
    source = SOURCE.replace(responses, responses.replace("{", "&error {"), 1).replace(responses, '"401": *error')
    assert "*error" in source
    (tmp_path / "good.yaml").write_text(source)
    assert check(tmp_path / "good.yaml") == []


def test_every_rule_has_a_planted_defect() -> None:
    assert {rule.__name__.replace("_", "-") for rule in RULES} <= {rule for rule, *_ in DEFECTS}


@pytest.mark.parametrize("path", [GOOD, CONTRACT_FILE], ids=["good", "shop"])
def test_good_contract_has_no_finding(path: Path) -> None:
    assert check(path) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "[0-9]*[0-9]*x",
        "(?:a|a)*",
        "(?:b[a-z]+)*",
        "(?:.*a)*",
        r"(\w+\s?)*",
        "(a?){50}",
        "((a)+)+",
        "(?:a|ab)*",
        "(a*){2,9}",
    ],
)
def test_pattern_with_catastrophic_backtracking_is_found(pattern: str) -> None:
    assert is_catastrophic(f"^{pattern}$")


@pytest.mark.parametrize(
    "pattern", ["[!-~]+(?: [!-~]+)*", "([a-z]{2}){3}", r"[0-9]+(?:\.[0-9]+)*", "(?:ab|cd)+", "(?:a+)?", r"a\(b+\)*"]
)
def test_pattern_with_one_way_to_match_is_accepted(pattern: str) -> None:
    assert not is_catastrophic(f"^{pattern}$")
