"""Bodies that Connexion 3.3 gets wrong."""

import json
from collections.abc import Iterator

import pytest

from tests.asgi import Client

AS_JSON = {"Content-Type": "application/json"}
BODY = {"const": 7}


class TestBodies:
    def test_a_media_type_in_any_case_is_read(self, client: Client) -> None:
        answer = client.post("/v1/everything", BODY, {"Content-Type": "APPLICATION/JSON; Charset=UTF-8"})

        assert answer.json == BODY

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
    def test_another_media_type_is_415(self, client: Client, headers: list[tuple[str, str]]) -> None:
        answer = client.post("/v1/everything", json.dumps(BODY).encode(), [*headers, ("Content-Length", "9")])

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
    def test_text_that_is_not_strict_json_is_400(self, client: Client, body: bytes) -> None:
        answer = client.post("/v1/everything", body, AS_JSON)

        assert answer.status == 400
        assert answer.errors == {"": "json"}

    def test_a_missing_body_is_an_error(self, client: Client) -> None:
        assert client.post("/v1/everything", headers=AS_JSON).errors == {"": "required"}

    def test_a_chunked_body_is_read(self, client: Client) -> None:
        text = json.dumps(BODY).encode()

        answer = client("POST", "/v1/everything", headers=AS_JSON, chunks=[text[:5], text[5:]])

        assert answer.json == BODY

    def test_a_body_over_256_kib_is_not_read_to_its_end(self, client: Client) -> None:
        def chunks() -> Iterator[bytes]:
            for number in range(20):
                assert number < 6, "it read on"
                yield b" " * 64 * 1024

        assert client("POST", "/v1/everything", headers=AS_JSON, chunks=chunks()).code == "body_too_large"

    def test_a_too_large_content_length_is_refused_unread(self, client: Client) -> None:
        headers = {**AS_JSON, "Content-Length": str(10 * 2**30)}

        answer = client("POST", "/v1/everything", headers=headers, chunks=fail())

        assert answer.status == 413

    @pytest.mark.parametrize(("text", "number"), [(b"1.0", 1), (b"1e2", 100)])
    def test_a_whole_number_is_an_integer(self, client: Client, text: bytes, number: int) -> None:
        answer = client.post("/v1/everything", b'{"integer": %s}' % text, AS_JSON)

        assert answer.json == {"integer": number}

    def test_a_body_that_the_contract_lacks_is_ignored(self, client: Client) -> None:
        assert client("GET", "/v1/trees/newest", b"\xff").status == 200


def fail() -> Iterator[bytes]:
    raise AssertionError("it was read")
    yield b""
