"""What Connexion 3.3 gets wrong on its own: each row of it, put right."""

import asyncio
import json
import threading
import time
from copy import deepcopy

import pytest
import yaml

from db import catalogue
from db.page import Listing
from db.products import Product
from handlers import products
from openapi.contract import Contract, load
from openapi.yaml_source import BrokenContract
from tests.corridor.conftest import EVERYTHING
from tests.factories import PASSWORD, make_product

ALICE = {"email": "alice@example.com", "password": PASSWORD, "name": "Alice"}
AS_JSON = {"Content-Type": "application/json"}
TREE = {"get_tree": lambda id: {"name": str(id)}, "get_newest_tree": lambda: {"name": "newest"}}
EVERYTHING_POST = ("paths", "/everything", "post")


class TestLoading:
    def test_a_contract_of_openapi_3_1_is_served(self, serve):
        assert serve({}).get("/v1/trees/1/nothing").code == "not_implemented"

    def test_a_contract_of_another_version_is_refused(self):
        with pytest.raises(BrokenContract, match=r"3\.1"):
            Contract(EVERYTHING.read_bytes().replace(b"openapi: 3.1.0", b"openapi: 3.0.3"))

    def test_braces_in_a_text_stay(self, serve):
        assert b"Everything {{x}}" in serve({}).get("/openapi.yaml").body

    @pytest.mark.parametrize("word", ["no", "on", "200"])
    def test_a_bare_word_that_yaml_takes_for_something_else_is_refused(self, word):
        with pytest.raises(BrokenContract, match="quote"):
            Contract(EVERYTHING.read_bytes() + f"\nx-flags: {{{word}: 1}}\n".encode())

    def test_a_member_that_stands_twice_is_refused(self):
        with pytest.raises(BrokenContract, match="twice"):
            Contract(EVERYTHING.read_bytes() + b"\nx-errors: {}\n")

    @pytest.mark.parametrize("path", [("paths",), EVERYTHING_POST, (*EVERYTHING_POST, "responses")])
    @pytest.mark.parametrize("odd", [5, [5], "text", None])
    def test_a_contract_of_another_shape_is_refused(self, path, odd):
        document = holder = deepcopy(Contract(EVERYTHING.read_bytes()).document)
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        with pytest.raises(BrokenContract):
            Contract(b"", document)

    def test_the_file_is_served_byte_for_byte_with_an_etag(self, serve):
        everything = serve({})
        answer = everything.get("/openapi.yaml")
        assert answer.body == EVERYTHING.read_bytes()
        again = everything.get("/openapi.yaml", {"If-None-Match": answer.headers["etag"]})
        assert (again.status, again.body) == (304, b"")

    def test_the_json_keeps_its_references_recursive_ones_too(self, serve):
        assert serve({}).get("/openapi.json").json == yaml.safe_load(EVERYTHING.read_bytes())

    def test_two_operations_with_one_id_are_refused(self):
        twice = EVERYTHING.read_bytes().replace(b"operationId: get_tree\n", b"operationId: post_etag\n")
        with pytest.raises(BrokenContract, match=r"post_etag.*twice"):
            Contract(twice)

    def test_a_handler_that_wants_what_the_contract_lacks_is_refused(self, serve):
        with pytest.raises(BrokenContract, match="colour"):
            serve({"get_tree": lambda colour: {}})


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


class TestCredentials:
    def test_no_credential_is_told_the_scheme(self, client):
        answer = client.get("/v1/me")
        assert (answer.status, answer.code) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly"'

    @pytest.mark.parametrize(
        "authorization",
        [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a.b.c",
            "Basic YTpi",
            "bearer",
            "Digest x",
            "\x80",
            "Bearer " + "a" * 9000,
        ],
    )
    def test_a_bad_credential_is_told_so(self, client, authorization):
        answer = client.get("/v1/me", {"Authorization": authorization})
        assert (answer.status, answer.code) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer realm="orderly", error="invalid_token"'

    @pytest.mark.parametrize("end", ["=", "==", "A", "!", ".", " b"])
    def test_what_is_added_to_a_token_makes_it_another(self, client, sign_in, end):
        assert client.get("/v1/me", {"Authorization": sign_in().own["Authorization"] + end}).code == "invalid_token"

    def test_a_token_in_the_query_is_no_credential(self, client, sign_in):
        token = sign_in().own["Authorization"].removeprefix("Bearer ")
        assert client.get(f"/v1/me?access_token={token}").status == 401

    def test_a_bad_token_is_refused_where_none_is_needed_too(self, serve):
        everything = serve({"get_caller": lambda caller: {"anonymous": caller is None}})
        assert everything.get("/v1/callers").json == {"anonymous": True}
        assert everything.signed_in("bad").get("/v1/callers").status == 401

    def test_a_key_beside_a_token_is_ambiguous(self, sign_in):
        alice = sign_in()
        assert alice.get("/v1/me", {"X-API-Key": "ok_bad"}).code == "ambiguous_credentials"
        secret = alice.post("/v1/api-keys", {"name": "k", "scopes": ["me:read"]}).json["secret"]
        assert alice.get("/v1/me", {"X-API-Key": secret}).code == "ambiguous_credentials"
        assert alice.get("/v1/me", {"Authorization": alice.own["Authorization"]}).code == "ambiguous_credentials"

    def test_scopes_of_a_bearer_token_are_asked_for(self, serve, sign_in):
        everything = serve({"put_caller": lambda: None})
        alice, bob = sign_in("alice"), sign_in("bob")
        assert everything("PUT", "/v1/callers", headers=alice.own).status == 204
        refused = everything("PUT", "/v1/callers", headers=bob.own)
        assert refused.status == 500  # the contract of everything forgot to declare 403

    def test_credentials_go_before_scopes_before_the_request(self, client, sign_in):
        bad = {"role": 7, "unknown": True}
        target = "/v1/users/not-an-id"
        assert client.patch(target, bad).status == 401
        assert sign_in("alice").patch(target, bad).status == 403
        assert sign_in("carol").patch(target, bad).status == 400


class TestThreads:
    def test_slow_handlers_do_not_stop_one_another(self, serve):
        everything = serve({"get_newest_tree": slow_tree}, threads=10)

        async def many():
            calls = [everything.call("GET", "/v1/trees/newest") for _ in range(10)]
            return await asyncio.gather(*calls)

        assert [answer.status for answer in asyncio.run(many())] == [200] * 10

    def test_a_list_is_read_in_a_thread_though_its_handler_asks_for_no_session(self, serve, database):
        seen = []

        def shape(row):
            seen.append(threading.current_thread())
            return products._shape(row)

        with database.writing() as session:
            make_product(session)
            session.commit()
        listing = Listing(catalogue.EVERYTHING, order=[Product.id], shape=shape)
        assert serve({"list_products": lambda: listing}, load()).get("/v1/products").status == 200
        assert len(seen) == 1
        assert threading.current_thread() not in seen

    def test_the_loop_answers_while_the_database_waits(self, serve, database):
        everything = serve({"get_newest_tree": slow_tree, "get_tree": lambda id: {"name": "quick"}}, threads=1)
        order = []

        async def call(path):
            await everything.call("GET", path)
            order.append(path)

        async def both():
            await asyncio.gather(call("/v1/trees/newest"), call("/v1/trees/1"))

        asyncio.run(both())
        assert order == ["/v1/trees/1", "/v1/trees/newest"]


def slow_tree(session):
    time.sleep(0.2)  # stands for a slow query
    return {"name": "slow"}


def fail():
    raise AssertionError("it was read")
    yield b""
