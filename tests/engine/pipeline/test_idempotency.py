"""Idempotency-Key: one effect for one key of one caller."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from orderly.clock import now
from tests.engine.application import Thing

KEY = {"Idempotency-Key": "k"}
CUP = {"name": "cup"}
REFUSE = "CREATE TRIGGER refused BEFORE INSERT ON idempotency_records BEGIN SELECT RAISE(ABORT, 'refused'); END"


def create(client, body=CUP, key=KEY):
    return client.post("/v1/things", body, key)


def execute(database, statement):
    with database.connect() as connection, connection.begin():
        connection.execute(text(statement))


@pytest.fixture
def count(session):
    """A function that counts the things."""
    return lambda: session.query(Thing).count()


class TestReplays:
    def test_a_repeated_request_has_one_effect(self, alice, count):
        first, second = create(alice), create(alice)

        assert (second.status, second.body) == (first.status, first.body)
        assert [second.headers[name] for name in ("location", "etag")] == [first.headers["location"], '"1"']
        assert count() == 1

    def test_only_a_replay_is_marked(self, alice):
        first, second = create(alice), create(alice)

        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"

    def test_the_order_of_members_and_the_quotes_do_not_matter(self, serve, alice):
        create(alice, b'{"name": "cup"}', {**KEY, "Content-Type": "application/json"})

        answer = create(alice, b' {"name" :"cup"} ', {"Idempotency-Key": '"k"', "Content-Type": "application/json"})

        assert answer.headers["idempotency-replayed"] == "true"

    def test_without_a_key_each_request_has_its_effect(self, alice, count):
        for _ in range(2):
            create(alice, key={})

        assert count() == 2

    def test_the_key_of_another_caller_is_another_key(self, alice, client, count):
        create(alice)

        assert "idempotency-replayed" not in create(client.signed_in("bob")).headers
        assert count() == 2

    def test_a_key_is_shared_by_the_credentials_of_a_caller(self, alice, client):
        create(alice)

        assert create(client.with_key("key-alice")).headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(("hours", "things"), [(23, 1), (25, 2)])
    def test_a_key_is_free_again_after_a_day(self, alice, count, hours, things):
        create(alice)

        with time_machine.travel(now() + timedelta(hours=hours)):
            create(alice)

        assert count() == things


class TestErrors:
    def test_another_request_with_the_key_is_422(self, alice, count):
        create(alice)

        assert create(alice, {"name": "jug"}).code == "idempotency_key_reused"
        assert count() == 1

    def test_a_rejected_request_may_be_repeated(self, alice):
        assert create(alice, {"name": 7}).status == 400

        assert create(alice).status == 201

    def test_an_effect_whose_record_fails_is_rolled_back(self, alice, database, count):
        execute(database, REFUSE)
        answer = create(alice)
        execute(database, "DROP TRIGGER refused")

        assert answer.status == 500
        assert count() == 0

    @pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "k\x01", "k\xe9", '""'])
    def test_a_malformed_key_is_400(self, alice, key):
        assert create(alice, key={"Idempotency-Key": key}).code == "validation_error"

    def test_two_keys_are_400(self, alice):
        assert create(alice, key=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")]).status == 400
