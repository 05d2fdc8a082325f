"""Passwords are hashed outside of write transactions."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from db import passwords
from orderly.database.database import Database
from tests.asgi import Client
from tests.shop.factories import PASSWORD

pytestmark = pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)
NEW = {"email": "alicia@example.com", "current_password": PASSWORD}


@pytest.fixture
def hashed(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """An entry for each hash made with a free write lock."""
    hashed = []
    file = database.url.database
    assert file is not None

    @contextmanager
    def slot() -> Iterator[None]:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # raises if another transaction writes
        hashed.append(True)
        yield

    monkeypatch.setattr(passwords, "_slot", slot)
    return hashed


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", "/v1/users", {"email": "bob@example.com", "password": PASSWORD, "name": "Bob"}, {}),
        ("POST", "/v1/tokens", {"email": "alice@example.com", "password": PASSWORD}, {}),
        ("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": PASSWORD[::-1]}, {}),
        ("PATCH", "/v1/me", NEW, {}),
        ("PATCH", "/v1/me", NEW, {"If-Match": '"1"'}),
    ],
    ids=["signing up", "signing in", "a new password", "a new address", "a new address of a known version"],
)
def test_other_requests_write_during_hashing(
    sign_in: Callable[..., Client],
    hashed: list[bool],
    method: str,
    path: str,
    body: dict[str, str],
    headers: dict[str, Any],
) -> None:
    alice = sign_in("alice")
    assert alice(method, path, body, headers).status in (200, 201, 204)
    assert hashed


def test_a_wrong_password_comes_before_the_version(sign_in: Callable[..., Client]) -> None:
    wrong = {**NEW, "current_password": "not this one"}
    assert sign_in("alice").patch("/v1/me", wrong, {"If-Match": '"0"'}).code == "wrong_password"
