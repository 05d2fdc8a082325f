"""The feed of events, as a program follows it over HTTP."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from db import events
from db.events import TYPES
from orderly.clock import new_id
from orderly.database.database import Database
from tests.asgi import Client, Response
from tests.shop.application import CONTRACT
from tests.shop.factories import PASSWORD, make_caller

SETTLES_WITHIN = 30
"""Seconds. The feed waits for every transaction of the server, those of other tests too."""
ORDERS = "/v1/events?type=order.created"


@pytest.fixture
def record(database: Database, bob: Client) -> Callable[..., list[str]]:
    """A function that records events of orders, and waits for the feed."""

    def record(count: int, **data: Any) -> list[str]:
        ids = [new_id("ord") for _ in range(count)]
        with database.writing() as session:
            for order_id in ids:
                events.record(session, "order.created", order_id, caller=make_caller(bob.user), data=data)
            session.commit()
        deadline = time.monotonic() + SETTLES_WITHIN
        while ids[-1] not in subjects(bob.get(f"{ORDERS}&limit=100")) and time.monotonic() < deadline:
            time.sleep(0.01)
        return ids

    return record


def settled(other: Client, subject_id: str, count: int) -> list[Any]:
    """Wait for a number of events of one subject, and return them."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < deadline:
        events = other.get("/v1/events?limit=100").json["data"]
        reported = [event for event in events if event["subject_id"] == subject_id]
        if len(reported) >= count:
            return reported
        time.sleep(0.01)
    raise AssertionError(f"{len(reported)} events of {subject_id}, not {count}")


def subjects(response: Response) -> list[Any]:
    return [event["subject_id"] for event in response.json["data"]]


def test_the_contract_has_every_type() -> None:
    assert CONTRACT.document["components"]["schemas"]["EventType"]["enum"] == list(TYPES)


class TestListEvents:
    def test_an_event_has_its_actor_and_subject(self, bob: Client, record: Callable[..., list[str]]) -> None:
        [order_id] = record(1, status="pending", total_amount=3350)
        [event] = bob.get(ORDERS).json["data"]
        assert event.pop("id").startswith("evt_")
        assert event.pop("created_at").endswith("Z")
        assert event == {
            "type": "order.created",
            "subject_id": order_id,
            "actor_id": bob.user.id,
            "data": {"status": "pending", "total_amount": 3350},
        }

    def test_feed_can_be_followed_from_its_end(self, bob: Client, record: Callable[..., list[str]]) -> None:
        record(2)
        end = bob.get(ORDERS).json["next_cursor"]
        nothing = bob.get(f"{ORDERS}&after={end}").json
        assert (nothing["data"], nothing["next_cursor"]) == ([], end)
        later = record(2)
        assert subjects(bob.get(f"{ORDERS}&after={end}")) == later

    def test_an_empty_feed_has_no_cursor(self, bob: Client) -> None:
        assert bob.get(ORDERS).json == {"data": [], "has_more": False, "next_cursor": None}


class TestEventsOfAccounts:
    def test_each_change_is_recorded_once_without_personal_data(
        self, client: Client, sign_in: Callable[..., Client]
    ) -> None:
        carol = sign_in("carol")
        account = {"email": "dora@example.com", "password": PASSWORD, "name": "Dora"}
        dora = client.post("/v1/users", account).json["id"]
        assert client.post("/v1/users", account).code == "email_taken"
        for name in ("Theodora", "Theodora"):
            carol.patch(f"/v1/users/{dora}", {"name": name, "role": "staff"}, {"If-Match": "*"})
        for what in ("disable", "disable", "enable", "enable"):
            carol.post(f"/v1/users/{dora}/{what}")
        token = client.post("/v1/tokens", {"email": account["email"], "password": PASSWORD}).json["access_token"]
        assert client.signed_in(token).delete("/v1/me").status == 204
        reported = settled(carol, dora, 5)
        assert [event["type"] for event in reported] == [
            "user.created",
            "user.updated",
            "user.disabled",
            "user.enabled",
            "user.erased",
        ]
        assert [event["actor_id"] for event in reported] == [None, carol.user.id, carol.user.id, carol.user.id, dora]
        assert "dora" not in str(reported).replace(dora, "").lower()
