"""Paths and methods that Connexion 3.3 gets wrong: each put right."""

import pytest

TREE = {"get_tree": lambda id: {"name": str(id)}, "get_newest_tree": lambda: {"name": "newest"}}


class TestRouting:
    def test_a_concrete_path_goes_before_a_parameter(self, serve):
        assert serve(TREE).get("/v1/trees/newest").json == {"name": "newest"}
        assert serve(TREE).get("/v1/trees/7").json == {"name": "7"}

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
    def test_an_odd_path_is_nowhere_and_no_redirect(self, serve, path):
        answer = serve(TREE).get(path, {"Host": "evil.example"})
        assert answer.status == 404
        assert answer.code == "not_found"
        assert "location" not in answer.headers

    def test_a_method_that_a_path_lacks_is_told_those_it_has(self, client):
        answer = client.put("/v1/users", {})
        assert answer.status == 405
        assert answer.code == "method_not_allowed"
        assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"

    @pytest.mark.parametrize("method", ["FOO", "TRACE", "CONNECT", "get"])
    def test_a_strange_method_is_refused(self, client, method):
        assert client(method, "/v1/users", headers={"X-Canary": "canary"}).status == 405
        assert b"canary" not in client(method, "/v1/users", headers={"X-Canary": "canary"}).body

    def test_options_tells_the_methods(self, client):
        answer = client("OPTIONS", "/v1/me")
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS"

    @pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL"])
    def test_headers_do_not_override(self, client, header):
        assert client.get("/v1/health/live", {header: "DELETE"}).status == 200

    def test_head_is_get_without_the_body(self, serve, client):
        for path in (
            "/v1/health/live",
            "/v1/health/ready",
            "/openapi.yaml",
            "/docs",
            "/errors",
            "/v1/me",
            "/v1/nowhere",
        ):
            got, headed = client.get(path), client("HEAD", path)
            assert headed.body == b""
            assert headed.status == got.status
            for name in ("content-type", "content-length", "etag"):
                assert headed.headers.get(name) == got.headers.get(name), (path, name)
