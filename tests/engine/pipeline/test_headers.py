"""Headers that Connexion 3.3 gets wrong: those that are sent, and those of every answer."""

import pytest

from tests.engine.pipeline.conftest import ALICE


class TestHeaders:
    def test_too_many_or_too_long_headers_are_refused(self, client):
        assert client.get("/v1/health/live", {"X-Long": "a" * 20_000}).code == "headers_too_large"
        assert client.get("/v1/health/live", [(f"X-{n}", "a") for n in range(101)]).code == "headers_too_large"

    def test_too_long_a_url_is_refused(self, client):
        assert client.get("/v1/health/live?" + "a" * 9000).code == "uri_too_long"

    @pytest.mark.parametrize("hosts", [[], [("Host", "a"), ("Host", "b")]])
    def test_a_request_has_one_host(self, application, client, hosts):
        answer = client("GET", "/v1/health/live", headers=hosts) if hosts else client.without_host("/v1/health/live")
        assert answer.status == 400
        assert answer.errors == {"Host": "required"}

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            ("text/xml", 406),
            ("application/json;q=0", 406),
            ("text/html, application/json;q=0.1", 201),
            ("application/*", 201),
            ("*/*;q=0.1", 201),
            ("application/json;q=0, */*", 406),
            ("", 201),
        ],
    )
    def test_accept_is_heard_before_any_effect(self, client, sign_in, accept, status):
        assert client.post("/v1/users", ALICE, {"Accept": accept}).status == status
        found = sign_in("carol").get("/v1/users?email=alice@example.com").json["data"]
        assert len(found) == (1 if status == 201 else 0)

    def test_every_answer_has_the_headers_that_every_answer_has(self, serve, client):
        def broken():
            raise RuntimeError("a bug")

        answers = [
            client.get("/v1/health/live"),
            client.get("/v1/nowhere"),
            client.get("/v1/me"),
            client.put("/v1/me", {}),
            client("OPTIONS", "/v1/me"),
            client.get("/openapi.yaml"),
            client.get("/v1/health/live?" + "a" * 9000),
            serve({"get_newest_tree": broken}).get("/v1/trees/newest"),
        ]
        for answer in answers:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["x-request-id"].startswith("req_")
            assert "server" not in answer.headers
            assert len({name for name, _ in answer.raw_headers}) == len(answer.raw_headers)
        ids = {answer.headers["x-request-id"] for answer in answers}
        assert len(ids) == len(answers)
