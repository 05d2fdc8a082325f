"""The command `orderly user`: accounts under the rules of the contract."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.passwords import verify
from db.users import User
from orderly.database.database import Database
from tests.commands import CommandResult

ALICE = ("user", "create", "--email", "alice@example.com", "--name", "Alice")
PASSWORD = "correct horse battery staple"


def people_of(database: Database) -> Sequence[User]:
    with database.reading() as session:
        return session.scalars(select(User).order_by(User.id)).all()


class TestCreate:
    def test_password_is_generated_and_shown_once(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database
    ) -> None:
        result = orderly(*ALICE)
        assert (result.code, result.err) == (0, "")
        [alice] = people_of(migrated_shop)
        assert result.out.splitlines()[0] == f"Created {alice.id}: alice@example.com, customer."
        shown = re.fullmatch(r"Password, shown only once: (\S{24})", result.out.splitlines()[1])
        assert shown is not None
        password = shown[1]
        assert verify(alice.password_hash, password)
        assert password.encode() not in b"".join(each.read_bytes() for each in migrated_shop_files())

    def test_staff_and_admins_can_be_created(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database
    ) -> None:
        assert "alice@example.com, staff." in orderly(*ALICE, "--role", "staff").out
        assert [user.role for user in people_of(migrated_shop)] == ["staff"]

    def test_email_is_unique(self, orderly: Callable[..., CommandResult], migrated_shop: Database) -> None:
        orderly(*ALICE)
        result = orderly("user", "create", "--email", "ALICE@example.com", "--name", "Alice")
        assert (result.code, result.out) == (1, "")
        assert result.err == "An account with this email address exists already.\n"

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("--email", "alice", "--name", "Alice"), "The email "),
            (("--email", "alice@example.com", "--name", ""), "The name "),
            (("--email", "alice@example.com", "--name", "A", "--role", "boss"), "Unknown role boss: use one of"),
        ],
    )
    def test_values_against_the_contract_are_rejected(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database, words: tuple[str, ...], line: str
    ) -> None:
        result = orderly("user", "create", *words)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert result.err.startswith(line)
        assert people_of(migrated_shop) == []

    def test_missing_database_is_an_error_with_its_fix(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly(*ALICE)
        assert (result.code, result.out) == (1, "")
        assert result.err == "The database data/orderly.db is empty: run `orderly db upgrade` first.\n"


class TestBootstrapAdmin:
    def test_admin_has_the_password_of_the_settings(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ORDERLY_ADMIN_EMAIL", "carol@example.com")
        monkeypatch.setenv("ORDERLY_ADMIN_PASSWORD", PASSWORD)
        result = orderly("user", "bootstrap-admin")
        [carol] = people_of(migrated_shop)
        assert (result.out, carol.role) == (f"Created {carol.id}: carol@example.com, admin.\n", "admin")
        assert verify(carol.password_hash, PASSWORD)

    def test_admin_is_created_once(self, orderly: Callable[..., CommandResult], migrated_shop: Database) -> None:
        assert "Password, shown only once: " in orderly("user", "bootstrap-admin").out
        assert orderly("user", "bootstrap-admin").out == ""
        assert [user.email for user in people_of(migrated_shop)] == ["admin@example.com"]

    @pytest.mark.parametrize("password", ["short", "password1234"])
    def test_weak_password_is_rejected_and_not_printed(
        self,
        orderly: Callable[..., CommandResult],
        migrated_shop: Database,
        monkeypatch: pytest.MonkeyPatch,
        password: str,
    ) -> None:
        monkeypatch.setenv("ORDERLY_ADMIN_PASSWORD", password)
        result = orderly("user", "bootstrap-admin")
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert "password" in result.err.lower()
        assert password not in result.err
        assert people_of(migrated_shop) == []

    def test_terminal_prompts_for_address_and_password(self, migrated_shop: Database) -> None:
        screen = on_a_terminal(["user", "bootstrap-admin"], "carol@example.com", PASSWORD, PASSWORD)
        assert "There is no administrator yet." in screen
        assert PASSWORD not in screen
        [carol] = people_of(migrated_shop)
        assert (carol.email, carol.role) == ("carol@example.com", "admin")
        assert verify(carol.password_hash, PASSWORD)

    @pytest.mark.parametrize(
        ("typed", "line"),
        [
            (["carol", PASSWORD, PASSWORD], "The email "),
            (["carol@example.com", "short", "short"], "The password "),
            (["carol@example.com", "password1234", "password1234"], "password: This password is one of"),
        ],
    )
    def test_rejected_address_or_password_is_asked_again(
        self, migrated_shop: Database, typed: list[str], line: str
    ) -> None:
        screen = on_a_terminal(["user", "bootstrap-admin"], *typed, "carol@example.com", PASSWORD, PASSWORD)

        assert any(shown.startswith(line) and shown.endswith("Please try again.") for shown in screen.splitlines())
        assert [user.email for user in people_of(migrated_shop)] == ["carol@example.com"]

    def test_accepted_address_is_offered_again(self, migrated_shop: Database) -> None:
        typed = ["carol@example.com", "short", "short", "", PASSWORD, PASSWORD]

        on_a_terminal(["user", "bootstrap-admin"], *typed)

        assert [user.email for user in people_of(migrated_shop)] == ["carol@example.com"]


def migrated_shop_files() -> list[Any]:
    with os.scandir("data") as entries:
        return [Path(entry) for entry in entries if entry.name != "secret.key"]


def on_a_terminal(words: list[Any], *lines: str) -> str:
    """Return the screen after these lines were typed at their prompts."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "orderly", *words]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    screen, waiting = "", list(lines)
    try:
        while piece := os.read(ours, 4096):
            screen += piece.decode()
            if waiting and screen.endswith(": "):
                os.write(ours, f"{waiting.pop(0)}\n".encode())
    except OSError:  # the error of Linux when the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0, screen
    return screen
