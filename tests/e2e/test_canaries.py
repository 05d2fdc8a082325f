"""Secrets appear only in the response that creates them.

Passwords, tokens and keys are in no other response, no log line and no column.
"""

import base64
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import select, text

from orderly.clock import new_id
from orderly.database.database import Database
from orderly.database.migrations.metadata import metadata
from tests.e2e.conftest import Twins
from tests.shop.application import APPLICATION

EMAIL = "canary.kept@example.com"
"""What may be found in the database: without it the search would prove nothing."""


class Secrets:
    """The secrets of a test, and a search for them in responses."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.known: dict[str, str] = {}

    def learn(self, name: str, secret: str) -> str:
        self.known[name] = secret
        return secret

    def password(self, name: str) -> str:
        return self.learn(name, f"Canary-{new_id('c')}")

    def call(self, method: str, path: str, *, makes: Sequence[str] = (), expect: int, **given: Any) -> dict[str, Any]:
        """Send a request; its response contains no secret except those it creates."""
        response = self.client.request(method, path, **given)
        assert response.status_code == expect, response.text
        body = response.json() if response.content else {}
        for name in makes:
            self.learn(f"{name} of {method} {path} {len(self.known)}", body.pop(name))
        reported = f"{response.headers} {body}"
        assert [name for name, secret in self.known.items() if secret in reported] == []
        return response.json() if response.content else {}

    def found_in(self, content: bytes) -> list[str]:
        """Return the names of the secrets in a text, plain or encoded."""
        return [name for name, secret in self.known.items() if any(form in content for form in forms(secret))]


def forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw), repr(secret).encode(), raw.lower(), raw.upper()]


def live_a_life(secrets: Secrets) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Everything that handles a secret, done right and done wrong."""
    first, second, wrong = (secrets.password(name) for name in ("first", "second", "wrong"))
    call, user = secrets.call, {"email": EMAIL, "name": "Canary"}
    call("POST", "/v1/users", json={**user, "password": first}, expect=201)
    call("POST", "/v1/users", json={**user, "password": first}, expect=409)
    call("POST", "/v1/users", json={**user, "password": wrong, "confirm": wrong}, expect=400)
    call("POST", "/v1/users", json={"email": wrong, "name": [wrong], "password": {wrong: wrong}}, expect=400)
    call("POST", "/v1/users", content=b'{"password": "%s", }' % wrong.encode(), headers=JSON, expect=400)
    call("POST", "/v1/users", content=b'{"password": "%s"}' % wrong.encode(), expect=415)
    call("POST", f"/v1/tokens?password={wrong}", json={"email": EMAIL, "password": wrong}, expect=400)
    call("POST", "/v1/tokens", json={"email": EMAIL, "password": wrong}, expect=401)
    tokens = call("POST", "/v1/tokens", json={"email": EMAIL, "password": first}, makes=TOKENS, expect=201)
    me = bearer(tokens)
    tokens = call("POST", "/v1/tokens/refresh", json=renewal(tokens), makes=TOKENS, expect=201)
    call("GET", "/v1/me", headers=me, expect=200)
    call("GET", "/v1/me/sessions", headers=me, expect=200)
    call("GET", f"/v1/me?access_token={tokens['access_token']}", headers=me, expect=400)
    call("GET", f"/v1/{tokens['refresh_token']}", expect=404)
    call("GET", "/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}x"}, expect=401)
    call("GET", "/v1/me", headers={"Authorization": f"Basic {wrong}"}, expect=401)
    call("PATCH", "/v1/me", json={"name": "Kept", "current_password": wrong, "email": EMAIL}, headers=me, expect=403)
    call("PATCH", "/v1/me", json={"email": EMAIL, "current_password": first}, headers=me, expect=200)
    made = call("POST", "/v1/api-keys", json=KEY, headers=me, makes=["secret"], expect=201)
    key = {"X-API-Key": made["secret"]}
    call("GET", "/v1/me", headers=key, expect=200)
    call("GET", "/v1/me", headers={**key, **me}, expect=400)
    call("GET", "/v1/me", headers={"X-API-Key": f"{made['secret']}0"}, expect=401)
    call("GET", f"/v1/api-keys?key={made['secret']}", headers=me, expect=400)
    call("GET", "/v1/api-keys", headers=me, expect=200)
    call("DELETE", f"/v1/api-keys/{made['secret']}", headers=me, expect=400)
    call("POST", f"/v1/api-keys/{made['id']}/rotate", json={}, headers=me, makes=["secret"], expect=201)
    call("PUT", "/v1/me/password", json=change(wrong, second), headers=me, expect=403)
    call("PUT", "/v1/me/password", json=change(first, second), headers=me, expect=204)
    call("POST", "/v1/tokens", json={"email": EMAIL, "password": first}, expect=401)
    call("POST", "/v1/tokens", json={"email": EMAIL, "password": second}, makes=TOKENS, expect=201)
    return second, tokens, me


JSON = {"Content-Type": "application/json"}
TOKENS = ("access_token", "refresh_token")
KEY = {"name": "a key", "scopes": ["me:read"]}


def bearer(tokens: dict[str, Any]) -> dict[str, Any]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def renewal(tokens: dict[str, Any]) -> dict[str, Any]:
    return {"refresh_token": tokens["refresh_token"]}


def change(current: str, new: str) -> dict[str, Any]:
    return {"current_password": current, "new_password": new}


@contextmanager
def without(database: Database, table: str) -> Iterator[None]:
    """Rename a table during the block, so that requests fail inside."""
    rename(database, table, "gone")
    try:
        yield
    finally:
        rename(database, "gone", table)


def rename(database: Database, table: str, name: str) -> None:
    with database.connect() as connection, connection.begin():
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def content_of(twins: Twins) -> bytes:
    """Return the content of a database as bytes.

    On SQLite that is every byte of its files, on PostgreSQL every column.
    """
    if twins.database.is_sqlite:
        # By another process: closing the file here would drop the locks that SQLite holds for this one.
        files = sorted(twins.folder.glob("orderly.db*"))
        return subprocess.run(["cat", *files], check=True, capture_output=True).stdout
    with twins.database.connect() as connection:
        rows = [
            row for table in metadata(APPLICATION.database).sorted_tables for row in connection.execute(select(table))
        ]
    return repr(rows).encode()


def test_secrets_appear_only_where_they_are_created(twins: Twins, here: httpx.Client) -> None:
    secrets = Secrets(here)
    password, tokens, me = live_a_life(secrets)
    kept = content_of(twins)
    assert EMAIL.encode() in kept
    assert secrets.found_in(kept) == []

    log_in = {"email": EMAIL, "password": password}
    with without(twins.database, "refresh_tokens"):  # an internal error must not show its input
        for path, body in (("/v1/tokens", log_in), ("/v1/tokens/refresh", renewal(tokens))):
            response = secrets.client.post(path, json=body, headers=me)
            assert response.status_code in (500, 503)
            assert not any(secret in response.text for secret in secrets.known.values())

    log = twins.here.log.read_bytes()
    assert twins.here.url.encode() in log
    assert secrets.found_in(log) == []
