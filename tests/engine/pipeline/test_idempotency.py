"""Idempotency-Key: one effect for one key of one caller."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.orm import Session

from orderly.clock import now
from orderly.database.database import Database
from tests.asgi import Client, Headers, Response
from tests.engine.application import Thing
from tests.engine.conftest import Serve

KEY = {"Idempotency-Key": "k"}
CUP = {"name": "cup"}
REFUSE = "CREATE TRIGGER refused BEFORE INSERT ON idempotency_records BEGIN SELECT RAISE(ABORT, 'refused'); END"


def create(client: Client, body: dict[str, Any] | bytes = CUP, key: Headers = KEY) -> Response:
    return client.post("/v1/things", body, key)


def execute(database: Database, statement: str) -> None:
    with database.connect() as connection, connection.begin():
        connection.execute(text(statement))


@pytest.fixture
def count(session: Session) -> Callable[[], int]:
    """A function that counts the things."""
    return lambda: session.query(Thing).count()


class TestReplays:
    def test_a_repeated_request_has_one_effect(self, alice: Client, count: Callable[[], int]) -> None:
        first, second = create(alice), create(alice)

        assert (second.status, second.body) == (first.status, first.body)
        assert [second.headers[name] for name in ("location", "etag")] == [first.headers["location"], '"1"']
        assert count() == 1

    def test_only_a_replay_is_marked(self, alice: Client) -> None:
        first, second = create(alice), create(alice)

        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"

    def test_the_order_of_members_and_the_quotes_do_not_matter(self, serve: Serve, alice: Client) -> None:
        create(alice, b'{"name": "cup"}', {**KEY, "Content-Type": "application/json"})

        answer = create(alice, b' {"name" :"cup"} ', {"Idempotency-Key": '"k"', "Content-Type": "application/json"})

        assert answer.headers["idempotency-replayed"] == "true"

    def test_without_a_key_each_request_has_its_effect(self, alice: Client, count: Callable[[], int]) -> None:
        for _ in range(2):
            create(alice, key={})

        assert count() == 2

    def test_the_key_of_another_caller_is_another_key(
        self, alice: Client, client: Client, count: Callable[[], int]
    ) -> None:
        create(alice)

        assert "idempotency-replayed" not in create(client.signed_in("bob")).headers
        assert count() == 2

    def test_a_key_is_shared_by_the_credentials_of_a_caller(self, alice: Client, client: Client) -> None:
        create(alice)

        assert create(client.with_key("key-alice")).headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(("hours", "things"), [(23, 1), (25, 2)])
    def test_a_key_is_free_again_after_a_day(
        self, alice: Client, count: Callable[[], int], hours: int, things: int
    ) -> None:
        create(alice)

        with time_machine.travel(now() + timedelta(hours=hours)):
            create(alice)

        assert count() == things


class TestErrors:
    def test_another_request_with_the_key_is_422(self, alice: Client, count: Callable[[], int]) -> None:
        create(alice)

        assert create(alice, {"name": "jug"}).code == "idempotency_key_reused"
        assert count() == 1

    def test_a_rejected_request_may_be_repeated(self, alice: Client) -> None:
        assert create(alice, {"name": 7}).status == 400

        assert create(alice).status == 201

    def test_an_effect_whose_record_fails_is_rolled_back(
        self, alice: Client, database: Database, count: Callable[[], int]
    ) -> None:
        execute(database, REFUSE)
        answer = create(alice)
        execute(database, "DROP TRIGGER refused")

        assert answer.status == 500
        assert count() == 0

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "k\x01", "k\xe9", '""'])
    def test_a_malformed_key_is_400(self, alice: Client, key: str) -> None:
        assert create(alice, key={"Idempotency-Key": key}).code == "validation_error"

    def test_two_keys_are_400(self, alice: Client) -> None:
        assert create(alice, key=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]).status == 400
