"""The pages beside the API: the contract as it is, the docs without any address outside, an entry for each error."""

import asyncio
import json
import re
from copy import deepcopy
from html import unescape
from html.parser import HTMLParser

import pytest

from orderly.contract.model import Contract
from orderly.docs.access import access
from orderly.docs.changes import rendered
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.contract_coverage.capture import recorded
from tests.settings import make_settings
from tests.shop.application import CONTRACT, CONTRACT_FILE

OURS = CONTRACT
PAGES = ["/docs", "/errors", "/changes"]
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """Somebody who looks at the pages; they need no database."""
    nowhere = tmp_path_factory.mktemp("nowhere") / "orderly.db"
    app = recorded(create_shop(make_settings(database_url=f"sqlite:///{nowhere}")))
    yield Client(app)
    asyncio.run(shut_down(app))
    assert not nowhere.exists()


class Page(HTMLParser):
    """What a page refers to, the ids that it has, and what a strict policy would not run."""

    def __init__(self, html):
        super().__init__()
        self.links, self.ids, self.inline = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [given[name] for name in ("src", "href", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


class TestContract:
    def test_it_is_served_byte_for_byte(self, visitor):
        answer = visitor.get("/openapi.yaml")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/yaml")
        assert answer.body == CONTRACT_FILE.read_bytes()

    def test_it_is_served_as_json_too(self, visitor):
        answer = visitor.get("/openapi.json")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json == OURS.document


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json", "/docs/assets/init.js", *PAGES])
    def test_it_is_sent_again_only_when_it_has_changed(self, visitor, path):
        first = visitor.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = visitor.get(path, {"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert visitor.get(path, {"If-None-Match": '"other"'}).status == 200

    @pytest.mark.parametrize("path", ["/openapi.yaml", *PAGES])
    def test_head_is_get_without_the_body(self, visitor, path):
        head, get = visitor("HEAD", path), visitor.get(path)
        assert (head.status, head.body) == (200, b"")
        same = ("content-type", "content-length", "etag")
        assert [head.headers[name] for name in same] == [get.headers[name] for name in same]

    @pytest.mark.parametrize("path", ["/openapi.yaml", *PAGES])
    def test_it_is_there_for_reading_only(self, visitor, path):
        refused = visitor.post(path, {})
        assert (refused.status, refused.code) == (405, "method_not_allowed")
        options = visitor("OPTIONS", path)
        assert (options.status, options.body) == (204, b"")
        assert refused.headers["allow"] == options.headers["allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize(
        "path", ["/", "/docs/", "/errors/", "/docs/assets/", "/docs/assets/../init.js", "/favicon"]
    )
    def test_what_is_not_there_is_a_problem_and_never_a_redirect(self, visitor, path):
        answer = visitor.get(path)
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.json["request_id"] == answer.headers["x-request-id"]

    @pytest.mark.parametrize("path", PAGES)
    def test_it_runs_under_a_strict_policy(self, visitor, path):
        answer = visitor.get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = [rule.strip().partition(" ") for rule in answer.headers["content-security-policy"].split(";")]
        assert {name: value for name, _, value in policy} == STRICT
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert Page(answer.body.decode()).inline == []

    @pytest.mark.parametrize("path", PAGES)
    def test_whatever_it_refers_to_is_served_here(self, visitor, path):
        page = Page(visitor.get(path).body.decode())
        outside = [link for link in page.links if not re.match(r"/(?!/)|#", link)]
        assert outside == []
        found = {link: visitor.get(link).status for link in page.links if link.startswith("/")}
        assert set(found.values()) == {200}, found
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)

    @pytest.mark.parametrize("name", ["swagger-ui.css", "pages.css"])
    def test_its_styles_fetch_nothing(self, visitor, name):
        styles = visitor.get(f"/docs/assets/{name}").body.decode()
        assert "@import" not in styles
        assert [url for url in re.findall(r"url\(([^)]*)\)", styles) if not url.strip("\"'").startswith("data:")] == []

    def test_swagger_ui_is_told_to_validate_nowhere_and_to_read_our_contract(self, visitor):
        script = visitor.get("/docs/assets/init.js").body.decode()
        assert 'url: "/docs/openapi.json"' in script
        assert "validatorUrl: null" in script
        assert "http" not in script


class TestErrors:
    def test_every_code_has_an_entry_with_cause_and_resolution(self, visitor):
        html = visitor.get("/errors").body.decode()
        assert set(Page(html).ids) == set(OURS.errors)
        sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', html, re.S))
        for code, entry in OURS.errors.items():
            words = unescape(re.sub(r"<[^>]*>", "", sections[code]))
            assert all(entry[part].replace("`", "") in words for part in ("title", "cause", "resolution")), code

    def test_the_type_of_a_problem_leads_to_its_entry(self, visitor):
        path, _, code = visitor.get("/v1/nowhere").json["type"].partition("#")
        assert code in Page(visitor.get(path).body.decode()).ids

    def test_it_tells_the_status_of_each(self, visitor):
        html = visitor.get("/errors").body.decode()
        assert re.search(r'id="email_taken".*?409 Conflict</span>', html, re.S)
        assert re.search(r'id="method_not_allowed".*?405 Method Not Allowed</span>', html, re.S)

    def test_words_of_the_contract_are_text_and_not_markup(self):
        document = deepcopy(OURS.document)
        document["x-errors"]["not_found"]["cause"] = "<b>Bold</b> & `<code>`"
        app = create_shop(make_settings(), Contract(json.dumps(document).encode()))
        html = Client(app).get("/errors").body.decode()
        asyncio.run(shut_down(app))
        assert "<dd>&lt;b&gt;Bold&lt;/b&gt; &amp; <code>&lt;code&gt;</code></dd>" in html


class TestDocs:
    @pytest.mark.parametrize("operation", OURS.operations, ids=lambda operation: operation.operation_id)
    def test_an_operation_tells_who_may_call_it_how_often_and_what_can_go_wrong(self, visitor, operation):
        shown = visitor.get("/docs/openapi.json").json["paths"][operation.path][operation.method.lower()]["description"]
        assert shown.startswith(operation.node.value["description"])
        codes = {code for response in operation.responses.values() for code in response.error_codes or ()}
        assert set(re.findall(r"\]\(/errors#(\w+)\)", shown)) == codes
        assert "- **Who**: " in shown
        assert ("- **Limits**: " in shown) == bool(operation.rate_limits)

    def test_it_shows_the_access_of_every_role(self, visitor):
        shown = visitor.get("/docs/openapi.json").json["info"]["description"]

        assert shown.startswith(OURS.document["info"]["description"].strip())
        for operation in OURS.operations:
            row = " | ".join([f"`{operation.operation_id}`", *access(OURS, operation).values()])
            assert f"| {row} | " in shown

    def test_it_shows_the_scopes_of_every_role(self, visitor):
        shown = visitor.get("/docs/openapi.json").json["info"]["description"]

        assert "| `orders:refund` | Refund orders. | - | - | yes |" in shown
        assert "| `events:read` | Read the feed of events. | - | yes | yes |" in shown

    def test_it_signs_in_where_the_contract_has_it(self, visitor):
        assert 'data-at="/v1/tokens"' in visitor.get("/docs").body.decode()


class TestChanges:
    def test_the_newest_is_the_version_of_the_contract(self, visitor):
        page = visitor.get("/changes").body.decode()
        assert re.findall(r"<h2>(.+?)</h2>", page)[0] == OURS.version

    def test_what_orderly_diff_writes_is_rendered(self):
        text = "## [0.2.0]\n\n### Added\n\n- **GET /a<b**: `limit` was 1, is 2.\n- Two\n  lines.\n\nA word."
        assert rendered(text).split("\n") == [
            "<h2>0.2.0</h2>",
            "<h3>Added</h3>",
            "<ul><li><strong>GET /a&lt;b</strong>: <code>limit</code> was 1, is 2.</li><li>Two lines.</li></ul>",
            "<p>A word.</p>",
        ]
