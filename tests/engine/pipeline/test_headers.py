"""Headers of requests and responses that Connexion 3.3 gets wrong."""

import pytest
from sqlalchemy.orm import Session

from tests.asgi import Client
from tests.engine.application import HANDLERS, Thing
from tests.engine.conftest import Serve


class TestHeaders:
    @pytest.mark.parametrize("headers", [[("X-Long", "a" * 20_000)], [(f"X-{n}", "a") for n in range(101)]])
    def test_too_many_or_too_long_headers_are_431(self, client: Client, headers: list[tuple[str, str]]) -> None:
        assert client.get("/v1/trees/newest", headers).code == "headers_too_large"

    def test_too_long_a_url_is_414(self, client: Client) -> None:
        assert client.get("/v1/trees/newest?" + "a" * 9000).code == "uri_too_long"

    @pytest.mark.parametrize("hosts", [[], [("Host", "a"), ("Host", "b")]])
    def test_a_request_without_exactly_one_host_is_400(self, client: Client, hosts: list[tuple[str, str]]) -> None:
        answer = client.get("/v1/trees/newest", hosts) if hosts else client.without_host("/v1/trees/newest")

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
    def test_accept_is_checked_before_any_effect(
        self, alice: Client, session: Session, accept: str, status: int
    ) -> None:
        answer = alice.post("/v1/things", {"name": "cup"}, {"Accept": accept})

        assert answer.status == status
        assert session.query(Thing).count() == (1 if status == 201 else 0)

    def test_every_response_has_the_default_headers(self, serve: Serve) -> None:
        def broken() -> None:
            raise RuntimeError("a bug")

        client = serve({**HANDLERS, "get_newest_tree": broken})
        answers = [
            client.get("/v1/trees/1"),
            client.get("/v1/nowhere"),
            client("PUT", "/v1/callers"),
            client.put("/v1/trees/1", {}),
            client("OPTIONS", "/v1/callers"),
            client.get("/openapi.yaml"),
            client.get("/v1/trees/1?" + "a" * 9000),
            client.get("/v1/trees/newest"),
        ]

        for answer in answers:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers["x-request-id"].startswith("req_")
            assert "server" not in answer.headers
            assert len({name for name, _ in answer.raw_headers}) == len(answer.raw_headers)
        assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
