"""The command `orderly key`."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from db import api_keys
from db.api_keys import ApiKey
from orderly.database.database import Database
from tests.commands import CommandResult

CREATE = ("key", "create", "--email", "alice@example.com", "--name", "laptop")


@pytest.fixture
def alice(orderly: Callable[..., CommandResult], migrated_shop: Database) -> None:
    """An account in the shop."""
    assert orderly("user", "create", "--email", "alice@example.com", "--name", "Alice").code == 0


def keys_of(database: Database) -> Sequence[ApiKey]:
    with database.reading() as session:
        return session.scalars(select(ApiKey)).all()


@pytest.mark.usefixtures("alice")
class TestCreate:
    def test_stdout_has_only_the_secret_which_works(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database
    ) -> None:
        result = orderly(*CREATE, "--scope", "me:read", "--scope", "me:write", "--days", "30")
        assert result.code == 0
        with migrated_shop.reading() as session:
            status = api_keys.find_status(session, result.out.removesuffix("\n"))
        [key] = keys_of(migrated_shop)
        assert status is not None
        assert (status.key_id, status.scopes) == (key.id, {"me:read", "me:write"})
        assert key.expires_at is not None
        assert (key.expires_at - key.created_at).days in (29, 30)
        assert result.err.startswith(f"Created {key.id} of alice@example.com with me:read, me:write.\n")

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("--scope", "users:read"), "Cannot create the key: its owner lacks users:read.\n"),
            (("--scope", "everything"), "The scopes 0 "),
            (("--scope", "me:read", "--email", "bob@example.com"), "No active account has this email address.\n"),
            (("--scope", "me:read", "--name", ""), "The name "),
        ],
    )
    def test_rejected_key_is_not_created(
        self, orderly: Callable[..., CommandResult], migrated_shop: Database, words: tuple[Any, ...], line: str
    ) -> None:
        result = orderly(*CREATE, *words)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert result.err.startswith(line)
        assert keys_of(migrated_shop) == []
