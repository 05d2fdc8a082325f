"""Secrets are in no trace; tests/e2e has those of the log."""

import asyncio
from typing import Any

from orderly.database.database import Database
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.engine.observability.otlp_collector import collecting
from tests.settings import make_settings
from tests.shop.factories import PASSWORD

CANARY = "canary-8f14e45fceea167a"
EMAIL = "canary@example.com"
PASSPHRASE = f"{CANARY} {PASSWORD}"


def use(client: Client) -> list[Any]:
    """Use every credential, and return the secrets."""
    client.post("/v1/users", {"email": EMAIL, "password": PASSPHRASE, "name": CANARY})
    tokens = client.post("/v1/tokens", {"email": EMAIL, "password": PASSPHRASE}).json
    client.post("/v1/tokens", {"email": EMAIL, "password": CANARY})
    client.post("/v1/users", {"email": CANARY, "password": "canary", CANARY: CANARY})
    renewed = client.post("/v1/tokens/refresh", {"refresh_token": tokens["refresh_token"]}).json
    alice = client.signed_in(renewed["access_token"])
    key = alice.post("/v1/api-keys", {"name": CANARY, "scopes": ["me:read"]}, {"Idempotency-Key": CANARY}).json
    client.with_key(key["secret"]).get("/v1/me")
    alice.get(f"/v1/users?email={EMAIL}")
    issued = [each[name] for each in (tokens, renewed) for name in ("access_token", "refresh_token")]
    return [*issued, key["secret"], "canary"]


def test_no_secret_is_traced(database: Database) -> None:
    with collecting() as collector:
        app = create_shop(make_settings(database_url=url_of(database), rate_limits=False, traces_url=collector.url))
        secrets = use(Client(recorded(app)))
        asyncio.run(shut_down(app))

    assert len(collector.spans) > 10
    assert [secret for secret in secrets if secret.encode() in collector.sent] == []
