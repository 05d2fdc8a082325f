"""The shop on the pages beside the API."""

import re
from html import unescape

import pytest

from tests.asgi import Client
from tests.shop.application import CONTRACT

ON_SQLITE = pytest.mark.parametrize("migrated", ["sqlite"], indirect=True)


@ON_SQLITE
def test_every_error_has_its_cause_and_resolution(client: Client) -> None:
    html = client.get("/errors").body.decode()

    sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', html, re.S))
    assert sections.keys() == CONTRACT.errors.keys()
    for code, entry in CONTRACT.errors.items():
        text = unescape(re.sub(r"<[^>]*>", "", sections[code]))
        assert all(entry[part].replace("`", "") in text for part in ("title", "cause", "resolution")), code


@ON_SQLITE
def test_an_error_has_its_status(client: Client) -> None:
    html = client.get("/errors").body.decode()

    assert re.search(r'id="email_taken".*?409 Conflict</span>', html, re.S)


@ON_SQLITE
def test_every_operation_has_its_errors(client: Client) -> None:
    paths = client.get("/docs/openapi.json").json["paths"]

    for operation in CONTRACT.operations:
        shown = paths[operation.path][operation.method.lower()]["description"]
        codes = {code for response in operation.responses.values() for code in response.error_codes or ()}
        assert shown.startswith(operation.node.value["description"])
        assert set(re.findall(r"\]\(/errors#(\w+)\)", shown)) == codes


@ON_SQLITE
def test_the_docs_have_the_scopes_of_every_role(client: Client) -> None:
    shown = client.get("/docs/openapi.json").json["info"]["description"]

    assert shown.startswith(CONTRACT.document["info"]["description"].strip())
    assert "| `orders:refund` | Refund orders. | - | - | yes |" in shown
    assert "| `events:read` | Read the feed of events. | - | yes | yes |" in shown


@ON_SQLITE
def test_the_docs_sign_in_with_the_shops_operation(client: Client) -> None:
    assert 'data-at="/v1/tokens"' in client.get("/docs").body.decode()


@ON_SQLITE
def test_the_newest_changes_are_of_this_version(client: Client) -> None:
    page = client.get("/changes").body.decode()

    assert re.findall(r"<h2>(.+?)</h2>", page)[0] == CONTRACT.version
