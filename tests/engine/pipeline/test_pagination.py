"""Lists: pages, links and signed cursors."""

import pytest

from orderly.database.database import Database
from tests.asgi import Client, Response
from tests.engine.application import add_thing


@pytest.fixture
def names(database: Database) -> list[str]:
    """The names of five things, the newest first."""
    names = [f"cup {n}" for n in range(5)]
    with database.writing() as session:
        for name in reversed(names):
            add_thing(session, name)
        session.commit()
    return names


@pytest.fixture
def cursor(client: Client, names: list[str]) -> str:
    """The cursor of the second page."""
    return client.get("/v1/things?limit=2").json["next_cursor"]


def names_of(answer: Response) -> list[str]:
    return [thing["name"] for thing in answer.json["data"]]


def test_links_lead_from_the_first_page_to_the_last(client: Client, names: list[str]) -> None:
    seen: list[list[str]] = []
    target: str | None = "/v1/things?limit=2"

    while target:
        answer = client.get(target)
        seen.append(names_of(answer))
        target = answer.headers["link"][1:].partition(">")[0] if "link" in answer.headers else None

    assert seen == [names[:2], names[2:4], names[4:]]


def test_the_last_page_has_no_cursor(client: Client, names: list[str]) -> None:
    page = client.get("/v1/things?limit=5").json

    assert (page["has_more"], page["next_cursor"]) == (False, None)


def test_a_cursor_continues_its_list(client: Client, names: list[str], cursor: str) -> None:
    assert names_of(client.get(f"/v1/things?limit=1&cursor={cursor}")) == names[2:3]


@pytest.mark.parametrize("query", ["name=cup&cursor={}", "cursor=x{}", "cursor={}x", "cursor=W10.x"])
def test_a_cursor_of_another_list_is_invalid(client: Client, cursor: str, query: str) -> None:
    assert client.get(f"/v1/things?{query.format(cursor)}").errors == {"cursor": "cursor"}


def test_a_cursor_of_another_caller_is_invalid(alice: Client, cursor: str) -> None:
    assert alice.get(f"/v1/things?cursor={cursor}").errors == {"cursor": "cursor"}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=", "sort=name"])
def test_an_invalid_query_is_400(client: Client, query: str) -> None:
    assert client.get(f"/v1/things?{query}").code == "validation_error"
