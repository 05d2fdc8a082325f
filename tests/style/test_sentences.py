"""The rules for sentences, in the whole repository and one by one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.style.sentences import EXCEPTIONS, Finding, check, check_file, excuses, files_in, main

ROOT = Path(__file__).parents[2]
PLACES = (".ci", ".github", "benchmarks", "db", "deploy", "handlers", "openapi", "orderly", "tests", "Makefile")

Plant = Callable[[str, str], list[Finding]]


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """All findings of the repository, excused or not."""
    top = [path for path in ROOT.iterdir() if path.suffix in (".md", ".toml", ".ini", ".yaml")]
    files = files_in([*top, *(ROOT / place for place in PLACES)])
    return [finding for path in files for finding in check_file(path)]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A file with a text, checked."""

    def write(name: str, text: str) -> list[Finding]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return check(tmp_path / name)

    return write


def test_repository_follows_the_rules(findings: list[Finding]) -> None:
    unexcused = [str(each) for each in findings if not any(excuses(exception, each) for exception in EXCEPTIONS)]

    assert not unexcused, "\n".join(unexcused)


def test_every_exception_excuses_a_finding(findings: list[Finding]) -> None:
    assert [exception for exception in EXCEPTIONS if not any(excuses(exception, each) for each in findings)] == []


LONG = "word " * 26


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", '"""Who calls."""', 'opens "Who calls."'),
        ("a.py", 'def f():\n    """The caller."""', '"The" opens'),
        ("a.py", f'def f():\n    """Return {"a " * 12}b."""', "14 words in the first line"),
        ("a.py", '"""A file, which is read."""', "a relative clause"),
        ("a.py", f'A = 1\n"""{LONG}"""', "26 words"),
        ("a.py", f"# {LONG}", "26 words"),
        ("a.py", "# One line\n# that nobody reads.", '"nobody"'),
        ("a.py", "raise ValueError('it goes on for ever')", '"goes on"'),
        ("a.py", "raise ValueError(f'{a} stands in {b}')", '"stands"'),
        ("a.py", "Option(help='Where it leads to.')", '"leads to"'),
        ("tests/test_a.py", f"def test_{'a' * 60}(): ...", "65 characters"),
        ("tests/test_a.py", "raise ValueError('it is told')", '"told"'),
        ("a.yaml", "info: {description: What is no URL.}", '"What is no"'),
        ("a.yaml", "a: 1  # That which follows.", '"That which"'),
        ("a.md", "It fails\nin vain.", '"in vain"'),
        ("a.ts", "/** So many.\n * Anew. */", '"So many"'),
        ("a.ts", "let a = 1; // at the most", '"at the most"'),
        ("Makefile", "run: a  ## mend the file", '"mend"'),
    ],
)
def test_planted_sentence_is_found(plant: Plant, tmp_path: Path, name: str, text: str, found: str) -> None:
    (tmp_path / "tests").mkdir()

    assert any(found in finding.found for finding in plant(name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'def f():\n    """Return a caller.\n\n    Raises:\n        NotFound: no row.\n    """'),
        ("a.py", "@property\ndef f():\n    '''The caller.'''"),
        ("a.py", "SQL = 'told'"),
        ("tests/test_a.py", "assert f('what it is told')"),
        ("a.md", "The user who signs in. `nobody` is a name.\n\n```sh\nwhoever\n```\n[it](https://told.example)"),
        ("a.yaml", "example: nobody tells"),
        ("a.ts", 'get("https://told.example")'),
        ("a.sql", "-- told"),
    ],
)
def test_plain_sentence_passes(plant: Plant, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "tests").mkdir()

    assert plant(name, text) == []


def test_command_prints_file_line_and_suggestion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("Plain.\n\nIn vain.\n")

    assert main([str(tmp_path)])
    assert capsys.readouterr().out.splitlines() == [
        f'{tmp_path}/a.md:3: "In vain" in "In vain." -> unsuccessfully, without effect',
        "1 findings",
    ]
