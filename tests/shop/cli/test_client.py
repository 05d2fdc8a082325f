"""The errors of `orderly client`; tests/clients has its output."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import CommandResult

TOOLS = {"python": "openapi-python-client", "typescript": "node"}


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, shop: Path) -> Callable[[str, str], None]:
    """A function that installs a tool of a version."""

    def tool(name: str, version: str) -> None:
        script = shop / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\necho '{version}'\n")
        script.chmod(0o755)

    monkeypatch.setenv("PATH", str(shop / "bin"))
    return tool


@pytest.mark.parametrize("language", TOOLS)
def test_missing_tool_is_an_error(
    orderly: Callable[..., CommandResult], tool: Callable[[str, str], None], language: str, shop: Path
) -> None:
    result = orderly("client", language, "--out", "made")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith(f"{TOOLS[language]} is not installed: ")
    assert not (shop / "made").exists()


@pytest.mark.parametrize(
    ("language", "version", "expected"),
    [
        (
            "python",
            "openapi-python-client version: 0.28.3",
            "0.28.3 is not supported: run `pipx install",
        ),
        ("typescript", "v18.20.4", "Node v18.20.4 is too old"),
    ],
)
def test_tool_of_another_version_is_an_error(
    orderly: Callable[..., CommandResult], tool: Callable[[str, str], None], language: str, version: str, expected: str
) -> None:
    tool(TOOLS[language], version)
    result = orderly("client", language, "--out", "made")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert expected in result.err


def test_folder_with_other_files_is_unchanged(
    orderly: Callable[..., CommandResult], tool: Callable[[str, str], None], shop: Path
) -> None:
    tool("openapi-python-client", "openapi-python-client version: 0.29.1")
    (shop / "diary").mkdir()
    (shop / "diary" / "today.txt").touch()
    result = orderly("client", "python", "--out", "diary")
    assert (result.code, result.err) == (
        1,
        "Cannot write to diary: the folder has other content. Name a new or empty folder.\n",
    )
    assert [file.name for file in (shop / "diary").iterdir()] == ["today.txt"]


def test_folder_that_cannot_be_created_is_an_error(
    orderly: Callable[..., CommandResult], tool: Callable[[str, str], None], shop: Path
) -> None:
    tool("openapi-python-client", "openapi-python-client version: 0.29.1")
    (shop / "file").touch()
    result = orderly("client", "python", "--out", "file/made")
    assert (result.code, result.err) == (1, "Cannot create file/made: Not a directory. Name another folder.\n")
