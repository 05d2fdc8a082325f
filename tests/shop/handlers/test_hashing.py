"""Hashing takes its time, and nobody else may wait for it: whatever takes a password writes nothing meanwhile."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import passwords, users
from handlers.serializers import serialize
from orderly import Caller, ReadSession
from tests.applications import SHOP, create_shop
from tests.asgi import Client, shut_down
from tests.shop.conftest import settings_on
from tests.shop.factories import PASSWORD

NEW = {"email": "alicia@example.com", "current_password": PASSWORD}


@pytest.fixture
def hashed(database, monkeypatch):
    """For each hash that was made, that somebody else could write at that time."""
    hashed = []

    @contextmanager
    def turn():
        with closing(sqlite3.connect(database.url.database, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # raises if somebody writes
        hashed.append(True)
        yield

    monkeypatch.setattr(passwords, "_turn", turn)
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
def test_others_write_while_a_password_is_hashed(sign_in, hashed, method, path, body, headers):
    alice = sign_in("alice")
    assert alice(method, path, body, headers).status in (200, 201, 204)
    assert hashed


def test_a_new_address_is_for_the_version_that_the_client_knows(sign_in):
    alice = sign_in("alice")
    assert alice.patch("/v1/me", NEW, {"If-Match": '"0"'}).code == "precondition_failed"
    assert alice.get("/v1/me").json["email"] == "alice@example.com"


def test_a_wrong_password_is_told_before_the_version_is_compared(sign_in):
    wrong = {**NEW, "current_password": "not this one"}
    assert sign_in("alice").patch("/v1/me", wrong, {"If-Match": '"0"'}).code == "wrong_password"


def test_a_handler_that_never_uses_its_session_is_checked_all_the_same(sign_in, database):
    def update_me(*, session: Session, reads: ReadSession, caller: Caller) -> dict[str, Any]:
        return serialize(users.get_own(reads, caller))

    alice = sign_in("alice")
    app = create_shop(
        settings_on(database), handlers=lambda o: update_me if o.operation_id == "update_me" else SHOP.handler(o)
    )
    client = Client(app, alice.own)
    assert client.patch("/v1/me", {"name": "A"}, {"If-Match": '"0"'}).code == "precondition_failed"
    assert client.patch("/v1/me", {"name": "A"}, {"If-Match": '"1"'}).status == 200
    asyncio.run(shut_down(app))
