"""The pages beside the API: contract, docs, errors and changes."""

import asyncio
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from orderly.contract.operation import Operation
from orderly.docs.access import access
from orderly.docs.changes import rendered
from tests.asgi import Client, shut_down
from tests.engine.application import CONTRACT, EVERYTHING, create
from tests.settings import make_settings

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
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of an application without its database."""
    file = tmp_path_factory.mktemp("nowhere") / "engine.db"
    app = create(make_settings(database_url=f"sqlite:///{file}"))
    yield Client(app)
    asyncio.run(shut_down(app))
    assert not file.exists()


class Page(HTMLParser):
    """The links, ids and inline scripts and styles of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in ("src", "href", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


class TestContract:
    def test_it_is_served_byte_for_byte(self, visitor: Client) -> None:
        answer = visitor.get("/openapi.yaml")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/yaml")
        assert answer.body == EVERYTHING.read_bytes()

    def test_it_is_served_as_json_too(self, visitor: Client) -> None:
        answer = visitor.get("/openapi.json")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json == CONTRACT.document


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json", "/docs/assets/init.js", *PAGES])
    def test_it_is_sent_again_if_it_has_changed(self, visitor: Client, path: str) -> None:
        first = visitor.get(path)
        assert first.headers["cache-control"] == "no-cache"
        again = visitor.get(path, {"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert visitor.get(path, {"If-None-Match": '"other"'}).status == 200

    @pytest.mark.parametrize("path", ["/openapi.yaml", *PAGES])
    def test_head_is_get_without_the_body(self, visitor: Client, path: str) -> None:
        head, get = visitor("HEAD", path), visitor.get(path)
        assert (head.status, head.body) == (200, b"")
        same = ("content-type", "content-length", "etag")
        assert [head.headers[name] for name in same] == [get.headers[name] for name in same]

    @pytest.mark.parametrize("path", ["/openapi.yaml", *PAGES])
    def test_another_method_is_405(self, visitor: Client, path: str) -> None:
        refused = visitor.post(path, {})
        assert (refused.status, refused.code) == (405, "method_not_allowed")
        options = visitor("OPTIONS", path)
        assert (options.status, options.body) == (204, b"")
        assert refused.headers["allow"] == options.headers["allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize(
        "path", ["/", "/docs/", "/errors/", "/docs/assets/", "/docs/assets/../init.js", "/favicon"]
    )
    def test_another_path_is_404_and_no_redirect(self, visitor: Client, path: str) -> None:
        answer = visitor.get(path)
        assert (answer.status, answer.code) == (404, "not_found")
        assert answer.json["request_id"] == answer.headers["x-request-id"]

    @pytest.mark.parametrize("path", PAGES)
    def test_it_has_a_strict_policy(self, visitor: Client, path: str) -> None:
        answer = visitor.get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = [rule.strip().partition(" ") for rule in answer.headers["content-security-policy"].split(";")]
        assert {name: value for name, _, value in policy} == STRICT
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert Page(answer.body.decode()).inline == []

    @pytest.mark.parametrize("path", PAGES)
    def test_its_links_are_served_here(self, visitor: Client, path: str) -> None:
        page = Page(visitor.get(path).body.decode())
        outside = [link for link in page.links if not re.match(r"/(?!/)|#", link)]
        assert outside == []
        found = {link: visitor.get(link).status for link in page.links if link.startswith("/")}
        assert set(found.values()) == {200}, found
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)

    @pytest.mark.parametrize("name", ["swagger-ui.css", "pages.css"])
    def test_its_styles_load_nothing(self, visitor: Client, name: str) -> None:
        styles = visitor.get(f"/docs/assets/{name}").body.decode()
        assert "@import" not in styles
        assert [url for url in re.findall(r"url\(([^)]*)\)", styles) if not url.strip("\"'").startswith("data:")] == []

    def test_swagger_ui_validates_nowhere(self, visitor: Client) -> None:
        script = visitor.get("/docs/assets/init.js").body.decode()
        assert 'url: "/docs/openapi.json"' in script
        assert "validatorUrl: null" in script
        assert "http" not in script


class TestErrors:
    def test_every_code_has_an_entry(self, visitor: Client) -> None:
        html = visitor.get("/errors").body.decode()

        assert set(Page(html).ids) == set(CONTRACT.errors)
        assert "<dd>Choose another one.</dd>" in html

    def test_the_type_of_a_problem_is_the_url_of_its_entry(self, visitor: Client) -> None:
        path, _, code = visitor.get("/v1/nowhere").json["type"].partition("#")

        assert code in Page(visitor.get(path).body.decode()).ids

    def test_an_entry_has_the_status(self, visitor: Client) -> None:
        html = visitor.get("/errors").body.decode()

        assert re.search(r'id="method_not_allowed".*?405 Method Not Allowed</span>', html, re.S)

    def test_texts_of_the_contract_are_no_markup(self, visitor: Client) -> None:
        html = visitor.get("/errors").body.decode()

        assert "<dd>&lt;b&gt;Bold&lt;/b&gt; &amp; <code>&lt;code&gt;</code></dd>" in html


class TestDocs:
    @pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
    def test_an_operation_has_its_access_and_limits(self, visitor: Client, operation: Operation) -> None:
        document = visitor.get("/docs/openapi.json").json
        shown = document["paths"][operation.path][operation.method.lower()]["description"]
        row = " | ".join([f"`{operation.operation_id}`", *access(CONTRACT, operation).values()])

        assert "- **Access**: " in shown
        assert ("- **Limits**: " in shown) == bool(operation.rate_limits)
        assert f"| {row} | " in document["info"]["description"]


class TestChanges:
    def test_the_markdown_of_orderly_diff_is_rendered(self) -> None:
        text = "## [0.2.0]\n\n### Added\n\n- **GET /a<b**: `limit` was 1, is 2.\n- Two\n  lines.\n\nA word."
        assert rendered(text).split("\n") == [
            "<h2>0.2.0</h2>",
            "<h3>Added</h3>",
            "<ul>",
            "<li><strong>GET /a&lt;b</strong>: <code>limit</code> was 1, is 2.</li>",
            "<li>Two",
            "lines.</li>",
            "</ul>",
            "<p>A word.</p>",
            "",
        ]

    def test_links_are_rendered(self) -> None:
        assert rendered("See [the docs](/docs).") == '<p>See <a href="/docs">the docs</a>.</p>\n'

    @pytest.mark.parametrize(
        ("text", "html"),
        [
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
            ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
            ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n"),
        ],
    )
    def test_html_and_links_to_scripts_are_text(self, text: str, html: str) -> None:
        assert rendered(text) == html
