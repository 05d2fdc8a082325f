"""The command `orderly key`."""

import pytest
from sqlalchemy import select

from db import api_keys
from db.api_keys import ApiKey

CREATE = ("key", "create", "--email", "alice@example.com", "--name", "laptop")


@pytest.fixture
def alice(orderly, migrated_shop):
    """An account in the shop."""
    assert orderly("user", "create", "--email", "alice@example.com", "--name", "Alice").code == 0


def keys_of(database):
    with database.reading() as session:
        return session.scalars(select(ApiKey)).all()


@pytest.mark.usefixtures("alice")
class TestCreate:
    def test_the_secret_alone_is_on_stdout_and_works(self, orderly, migrated_shop):
        result = orderly(*CREATE, "--scope", "me:read", "--scope", "me:write", "--days", "30")
        assert result.code == 0
        with migrated_shop.reading() as session:
            state = api_keys.find_status(session, result.out.removesuffix("\n"))
        [key] = keys_of(migrated_shop)
        assert (state.key_id, state.scopes) == (key.id, {"me:read", "me:write"})
        assert (key.expires_at - key.created_at).days in (29, 30)
        assert result.err == f"{key.id} of alice@example.com may me:read, me:write. Its secret, only now:\n"

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("--scope", "users:read"), "A key cannot do more than its owner, who does not hold users:read.\n"),
            (("--scope", "everything"), "The scopes 0 "),
            (("--scope", "me:read", "--email", "bob@example.com"), "There is no active account with this email"),
            (("--scope", "me:read", "--name", ""), "The name "),
        ],
    )
    def test_what_is_refused_makes_no_key(self, orderly, migrated_shop, words, line):
        result = orderly(*CREATE, *words)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert result.err.startswith(line)
        assert keys_of(migrated_shop) == []
