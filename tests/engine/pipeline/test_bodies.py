"""Bodies that Connexion 3.3 gets wrong: each read or refused."""

import json

import pytest

from tests.engine.pipeline.conftest import ALICE

AS_JSON = {"Content-Type": "application/json"}


class TestBodies:
    def test_the_case_of_a_media_type_does_not_matter(self, client):
        refused = client.post("/v1/users", b'{"email": 1}', {"Content-Type": "Application/JSON"})
        assert refused.status == 400
        assert client.post("/v1/users", ALICE, {"Content-Type": "APPLICATION/JSON; Charset=UTF-8"}).status == 201

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("Content-Type", "")],
            [("Content-Type", "text/plain")],
            [("Content-Type", "application/x-www-form-urlencoded")],
            [("Content-Type", "application/json; charset=latin1")],
            [("Content-Type", "application/json"), ("Content-Type", "application/json")],
            [("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
            [("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Encoding", "identity")],
        ],
    )
    def test_a_body_of_another_media_type_is_refused(self, client, headers):
        answer = client.post("/v1/users", json.dumps(ALICE).encode(), [*headers, ("Content-Length", "9")])
        assert answer.status == 415
        assert answer.code == "unsupported_media_type"

    @pytest.mark.parametrize(
        "body",
        [
            b"\xff",
            b'"\xff"',
            '{"a": 1}'.encode("utf-16"),
            b"\xef\xbb\xbf{}",
            b"[" * 100_000,
            b"[" * 33 + b"]" * 33,
            b'{"a":' * 1000 + b"1" + b"}" * 1000,
            b'{"a": NaN}',
            b'{"a": Infinity}',
            b'{"a": -Infinity}',
            b'{"a": 1e999}',
            b'{"a": 1, "a": 2}',
            b'{"a": "\\u0000"}',
            b'{"a": "\\ud800"}',
            b'{"\\udc00": 1}',
            b"{'a': 1}",
            b"{} {}",
            b'"' + b"1" * 10,
            b"1" * 5000,
            b" ",
        ],
    )
    def test_what_is_not_strict_json_is_refused(self, client, body):
        answer = client.post("/v1/users", body, AS_JSON)
        assert answer.status == 400
        assert answer.errors == {"": "json"}

    def test_a_missing_body_is_refused(self, client):
        assert client.post("/v1/users", headers=AS_JSON).errors == {"": "required"}

    def test_a_chunked_body_is_read(self, client):
        text = json.dumps(ALICE).encode()
        answer = client("POST", "/v1/users", headers=AS_JSON, chunks=[text[:10], text[10:]])
        assert answer.status == 201

    def test_a_body_over_256_kib_is_refused_before_it_is_read(self, client):
        def chunks():
            for number in range(20):
                assert number < 6, "it read on"
                yield b" " * 64 * 1024

        assert client("POST", "/v1/users", headers=AS_JSON, chunks=chunks()).code == "body_too_large"

    def test_a_body_that_says_it_is_too_large_is_refused_unread(self, client):
        answer = client("POST", "/v1/users", headers={**AS_JSON, "Content-Length": str(10 * 2**30)}, chunks=fail())
        assert answer.status == 413

    def test_a_whole_number_is_an_integer_however_it_is_written(self, serve):
        everything = serve({"post_everything": lambda body: body})
        assert everything.post("/v1/everything", b'{"integer": 1.0}', AS_JSON).json == {"integer": 1}
        assert everything.post("/v1/everything", b'{"integer": 1e2}', AS_JSON).json == {"integer": 100}

    def test_a_body_that_no_operation_asks_for_is_left_alone(self, client):
        assert client("GET", "/v1/health/live", b"\xff").status == 200


def fail():
    raise AssertionError("it was read")
    yield b""
