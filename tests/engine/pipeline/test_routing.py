"""Paths and methods that Connexion 3.3 gets wrong."""

import pytest

from tests.asgi import Client


class TestRouting:
    @pytest.mark.parametrize("name", ["newest", "7"])
    def test_a_concrete_path_goes_before_a_parameter(self, client: Client, name: str) -> None:
        assert client.get(f"/v1/trees/{name}").json == {"name": name}

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/trees/abc%0A",
            "/v1/callers%0A",
            "//v1/trees/1",
            "/v1//trees/1",
            "/v1/trees/1/",
            "/v1/trees/..%2f..",
            "/v1/trees/1%00",
            "/v1/trees/./1",
            "/v1/trees/%2e%2e/1",
            "/v1/trees/1;a=b",
            "/v1/trees/%ff",
            "/v1/trees/%",
            "/v1",
            "/v1/",
            "/",
            "/nowhere",
        ],
    )
    def test_an_odd_path_is_404_and_no_redirect(self, client: Client, path: str) -> None:
        answer = client.get(path, {"Host": "evil.example"})

        assert (answer.status, answer.code) == (404, "not_found")
        assert "location" not in answer.headers

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("/v1/things", "GET, HEAD, POST, OPTIONS"),
            ("/v1/things/thg_1", "GET, HEAD, PUT, PATCH, OPTIONS"),
            ("/v1/quotas", "POST, PUT, OPTIONS"),
        ],
    )
    def test_another_method_is_405_with_those_of_the_path(self, client: Client, path: str, methods: str) -> None:
        answer = client.delete(path)

        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert answer.headers["allow"] == client("OPTIONS", path).headers["allow"] == methods

    @pytest.mark.parametrize("method", ["FOO", "TRACE", "CONNECT", "get"])
    def test_an_unknown_method_is_405(self, client: Client, method: str) -> None:
        answer = client(method, "/v1/things", headers={"X-Canary": "canary"})

        assert answer.status == 405
        assert b"canary" not in answer.body

    def test_options_has_no_body(self, client: Client) -> None:
        answer = client("OPTIONS", "/v1/callers")

        assert (answer.status, answer.body) == (204, b"")

    @pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"])
    def test_headers_do_not_override_the_request_line(self, client: Client, name: str) -> None:
        assert client.get("/v1/trees/newest", {name: "DELETE"}).json == {"name": "newest"}

    @pytest.mark.parametrize(
        "path", ["/v1/trees/newest", "/openapi.yaml", "/docs", "/errors", "/v1/things", "/v1/nowhere"]
    )
    def test_head_is_get_without_the_body(self, client: Client, path: str) -> None:
        got, headed = client.get(path), client("HEAD", path)

        assert (headed.status, headed.body) == (got.status, b"")
        for name in ("content-type", "content-length", "etag"):
            assert headed.headers.get(name) == got.headers.get(name)
