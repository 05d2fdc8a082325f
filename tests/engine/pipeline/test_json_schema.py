"""JSON Schema 2020-12 is enforced wherever the contract has it."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from tests.asgi import Client
from tests.engine.conftest import Serve

CASES = [  # a property of Everything, a valid value, an invalid one, the pointer and the keyword of the error
    ("const", 7, 8, "/const", "const"),
    ("exclusiveMinimum", 0.1, 0, "/exclusiveMinimum", "exclusiveMinimum"),
    ("exclusiveMaximum", 9.9, 10, "/exclusiveMaximum", "exclusiveMaximum"),
    ("prefixItems", ["a", 1], [1, "a"], "/prefixItems/0", "type"),
    ("prefixItems", ["a", 1], ["a", 1, 2], "/prefixItems/2", "falseSchema"),
    ("unevaluatedProperties", {"a": 1, "b": 2}, {"a": 1, "c": 3}, "/unevaluatedProperties/c", "unevaluatedProperties"),
    ("if", {"kind": "big", "size": 1}, {"kind": "big"}, "/if/size", "required"),
    ("contains", ["here", 1], ["there"], "/contains", "contains"),
    ("type", None, 1, "/type", "type"),
    ("$ref", {"s": "abc"}, {"s": "abcd"}, "/$ref/s", "maxLength"),
    ("$ref", {"s": "abc"}, {"s": "a"}, "/$ref/s", "minLength"),
    ("uuid", "0191d4a8-1111-7222-8333-944445555666", "0191d4a8", "/uuid", "format"),
    ("date", "2026-02-28", "2026-02-29", "/date", "format"),
    ("uri", "https://shop.example/a", "not a uri", "/uri", "format"),
    ("time", "2026-01-31T12:00:00Z", "2026-01-31T25:00:00Z", "/time", "format"),
    ("recursion", {"name": "a", "children": [{"name": "b"}]}, {"name": "a", "children": [{"nam": "b"}]}, None, None),
    ("dependentRequired", {"a": 1, "b": 2}, {"a": 1}, "/dependentRequired/b", "required"),
    ("propertyNames", {"abc": 1}, {"ABC": 1}, "/propertyNames", "propertyNames"),
    ("integer", 1, True, "/integer", "type"),
    ("integer", 1, 1.5, "/integer", "type"),
]
each_case = pytest.mark.parametrize(("name", "good", "bad", "pointer", "keyword"), CASES)


@pytest.fixture
def everything(serve: Serve) -> Client:
    return serve(
        {
            "post_everything": lambda body: {"seen": body},
            "get_everything": lambda filter=None, x_filter=None: {"seen": filter or x_filter},
            "post_answer": lambda body: body,
        }
    )


class TestInABody:
    @each_case
    def test_it_is_enforced(
        self, everything: Client, name: str, good: Any, bad: Any, pointer: str | None, keyword: str | None
    ) -> None:
        assert everything.post("/v1/everything", {name: good}).json == {"seen": {name: good}}
        refused = everything.post("/v1/everything", {name: bad})
        assert refused.status == 400
        assert refused.code == "validation_error"
        assert pointer is None or refused.errors[pointer] == keyword

    @pytest.mark.parametrize(
        ("body", "count"),
        [
            ({"recursion": {"children": [{} for _ in range(90)]}}, 91),
            ({"recursion": {"children": [{} for _ in range(500)]}}, 1),
            ({"propertyNames": {f"A{n}": 1 for n in range(90)}}, 90),
            ({"propertyNames": {f"A{n}": 1 for n in range(101)}}, 1),
        ],
    )
    def test_a_vast_body_is_reported_with_its_first_error(
        self, everything: Client, body: dict[str, Any], count: int
    ) -> None:
        refused = everything.post("/v1/everything", body)
        assert refused.code == "validation_error"
        assert len(refused.json["errors"]) == count

    def test_all_errors_are_reported_at_once(self, everything: Client) -> None:
        refused = everything.post("/v1/everything", {"const": 8, "type": 1, "uuid": "x", "recursion": {"nam": "b"}})
        assert refused.errors == {
            "/const": "const",
            "/type": "type",
            "/uuid": "format",
            "/recursion/name": "required",
            "/recursion/nam": "additionalProperties",
        }


class TestInAQueryParameter:
    @each_case
    def test_it_is_enforced(
        self, everything: Client, name: str, good: Any, bad: Any, pointer: str | None, keyword: str | None
    ) -> None:
        assert everything.get(f"/v1/everything?filter={as_query({name: good})}").json == {"seen": {name: good}}
        refused = everything.get(f"/v1/everything?filter={as_query({name: bad})}")
        assert refused.status == 400
        assert keyword is None or refused.errors["filter"] == keyword


class TestInAHeader:
    @each_case
    def test_it_is_enforced(
        self, everything: Client, name: str, good: Any, bad: Any, pointer: str | None, keyword: str | None
    ) -> None:
        seen = everything.get("/v1/everything", {"X-Filter": json.dumps({name: good})})
        assert seen.json == {"seen": {name: good}}
        refused = everything.get("/v1/everything", {"X-Filter": json.dumps({name: bad})})
        assert refused.status == 400
        assert keyword is None or refused.errors["X-Filter"] == keyword


class TestInAnAnswer:
    @each_case
    def test_it_is_enforced(
        self, everything: Client, name: str, good: Any, bad: Any, pointer: str | None, keyword: str | None
    ) -> None:
        assert everything.post("/v1/answers", {name: good}).json == {name: good}
        with capture_logs() as logs:
            refused = everything.post("/v1/answers", {name: bad})
        assert refused.code == "internal_error"
        rules = [entry["rule"] for entry in logs if entry["event"] == "response_validation_failed"]
        assert len(rules) == 1
        assert keyword is None or f"breaks `{keyword}`" in rules[0]


def as_query(value: dict[str, Any]) -> str:
    return quote(json.dumps(value), safe="")


PARAMETERS = [  # a query, and the arguments of the handler; None if the query is invalid
    ("size=3", {"size": 3}),
    ("size=all", {"size": "all"}),
    ("size=10", None),
    ("size=some", None),
    ("count=1", {"count": 1}),
    ("count=0", None),
    ("bare=ab", {"bare": "ab"}),
    ("bare=a", None),
    ("tag=a,b", {"tag": ["a,b"]}),
    ("tag=a&tag=b", {"tag": ["a", "b"]}),
    ("part=1,2,3", {"part": [1, 2, 3]}),
    ("part=1,2,3,4", None),
    ("part=1&part=2", None),
    ("flag=true", {"flag": True}),
    ("flag=True", None),
    ("flag=1", None),
    ("count=1&count=2", None),
    ("count=1_0", None),
    ("count=%D9%A1", None),
    ("count=+5", None),
    ("count=1e1", None),
    ("count=01", None),
    ("count=", None),
    ("count=%00", None),
    ("bare=a%00b", None),
    ("bare=%FF%FF", None),
    ("count=1.5", None),
    ("count=%2B5", None),
    ("_method=DELETE", None),
    ("unknown=1", None),
    ("count=" + "9" * 5000, None),
    ("filter={", None),
    ("filter={}&filter={}", None),
    ("page=3", {"page": 3}),
]


@pytest.mark.parametrize(("query", "expected"), PARAMETERS)
def test_a_query_is_parsed_by_its_schema(serve: Serve, query: str, expected: Any) -> None:
    def get_everything(
        size: Any = None,
        count: Any = None,
        bare: Any = None,
        tag: Any = None,
        part: Any = None,
        flag: Any = None,
        filter: Any = None,
        page: Any = None,
    ) -> dict[str, Any]:
        given = {"size": size, "count": count, "bare": bare, "tag": tag, "part": part, "flag": flag, "page": page}
        return {name: value for name, value in given.items() if value is not None}

    answer = serve({"get_everything": get_everything}).get(f"/v1/everything?{query}")
    assert answer.status == (400 if expected is None else 200)
    if expected is not None:
        assert answer.json == {"page": 7, **expected}


def test_an_integer_header_is_an_integer(serve: Serve) -> None:
    everything = serve({"get_everything": lambda x_count=None: {"count": x_count}})
    assert everything.get("/v1/everything", {"X-Count": "5"}).json == {"count": 5}
    assert everything.get("/v1/everything", {"X-Count": "0"}).errors == {"X-Count": "exclusiveMinimum"}
    assert everything.get("/v1/everything", {"X-Count": "five"}).errors == {"X-Count": "type"}
    assert everything.get("/v1/everything", [("X-Count", "5"), ("X-Count", "5")]).errors == {"X-Count": "repeated"}


def test_no_error_quotes_a_value(serve: Serve) -> None:
    everything = serve({"post_everything": lambda body: {}})
    refused = everything.post("/v1/everything", {"const": "s3cret", "type": ["s3cret"], "uuid": "s3cret"})
    assert b"s3cret" not in refused.body
