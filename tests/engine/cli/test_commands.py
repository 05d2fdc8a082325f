"""The application's own commands, beside those of the engine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import CommandResult
from tests.engine.cli.conftest import NAMES, Write

MODULE = f"{NAMES['handlers']}/commands.py"
COMMANDS = """
import typer

app = typer.Typer()
cups = typer.Typer(help="Cups.")
app.add_typer(cups, name="cups")


@app.command()
def greet(name: str) -> None:
    print(f"Hello {name}")


@cups.command()
def wash() -> None:
    print("clean")


@cups.command()
def fill() -> None:
    print("full")
"""


def test_a_command_and_a_group_are_added(orderly: Callable[..., CommandResult], write: Write) -> None:
    write("handlers", "commands", COMMANDS)
    assert orderly("greet", "Tom").out == "Hello Tom\n"
    assert orderly("cups", "fill").out == "full\n"


def test_help_lists_them_after_those_of_the_engine(orderly: Callable[..., CommandResult], write: Write) -> None:
    write("handlers", "commands", COMMANDS)
    listed = [line.split()[0] for line in orderly("--help").out.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed.index("serve") < listed.index("greet")
    assert "cups" in listed


def test_without_any_a_word_that_is_no_command_is_refused(
    orderly: Callable[..., CommandResult], application: Path
) -> None:
    ended = orderly("greet")
    assert ended.code == 2
    assert "No such command 'greet'" in ended.err


def test_a_broken_module_is_one_line_with_its_place(orderly: Callable[..., CommandResult], write: Write) -> None:
    write("handlers", "commands", "import typer\n\nboom\n")
    ended = orderly("greet")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"{MODULE}:3: NameError: name 'boom' is not defined\n"


def test_a_module_without_an_app_is_refused(orderly: Callable[..., CommandResult], write: Write) -> None:
    write("handlers", "commands", "")
    assert orderly("--help").err == f"{MODULE} has no app: define app = typer.Typer().\n"


def test_a_broken_module_does_not_concern_the_engines_commands(
    orderly: Callable[..., CommandResult], write: Write
) -> None:
    write("handlers", "commands", "boom\n")
    assert orderly("routes").code == 0
    assert orderly("--version").code == 0


def test_a_broken_pyproject_is_one_line(orderly: Callable[..., CommandResult], application: Path) -> None:
    (application / "pyproject.toml").write_text("[tool.orderly\n")
    ended = orderly("routes")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert ended.err.startswith(f"{application / 'pyproject.toml'} cannot be read: ")


def test_a_command_works_from_a_folder_below(
    orderly: Callable[..., CommandResult], application: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(application / "openapi")
    assert " list_pets " in orderly("routes").out
