"""Severity of every kind of change, from the view of a client."""

import json
from typing import Any

import pytest

from orderly.contract.model import Contract
from orderly.devtools.diff.changes import Severity
from orderly.devtools.diff.compare import compare
from orderly.devtools.diff.release import Release
from tests.engine.devtools.sample_contract import (
    BODY,
    COLOUR,
    CREATE,
    CUP,
    DROP,
    LIMIT,
    LIST,
    NAME,
    NONE,
    OK,
    OLD,
    SCHEMAS,
    WANTED,
    changed,
)

BREAKING = [
    ("an operation is removed", LIST, NONE),
    ("a path is removed", ("paths", "/cups"), NONE),
    ("the server URL changes", ("servers", 0, "url"), "/v2"),
    ("an operation requires one more scope", (*CREATE, "security", 0, "bearer"), ["cups:write", "cups:all"]),
    ("an operation requires another credential", (*CREATE, "security"), [{"apiKey": ["cups:write"]}]),
    ("the default requires one more scope", ("security", 0, "bearer"), ["cups:read", "cups:all"]),
    ("a role loses a scope", ("x-roles", "customer"), []),
    ("a credential is sent in another header", ("components", "securitySchemes", "apiKey", "name"), "X-Key"),
    ("a parameter is removed", COLOUR, NONE),
    ("a parameter becomes required", (*COLOUR, "required"), True),
    ("a parameter accepts fewer values", (*COLOUR, "schema", "enum"), ["blue"]),
    ("a parameter has a lower maximum", (*LIMIT, "schema", "maximum"), 50),
    ("a default changes", (*LIMIT, "schema", "default"), 10),
    ("a default of a body changes", (*WANTED, "properties", "handles", "default"), 2),
    ("a list has another serialization", (*COLOUR, "explode"), False),
    (
        "a required parameter is added",
        (*LIST, "parameters", "+"),
        {"name": "q", "in": "query", "required": True, "schema": {}},
    ),
    ("a body accepts fewer characters", (*NAME, "maxLength"), 40),
    ("a pattern changes", (*NAME, "pattern"), "^[a-f]+$"),
    ("a format is added to a request", (*NAME, "format"), "hostname"),
    ("a type is removed from a request", (*WANTED, "properties", "size", "type"), "string"),
    ("a property of a body becomes required", (*WANTED, "required"), ["colour", "name"]),
    ("a property of a body is removed", NAME, NONE),
    ("a property of a response is removed", (*CUP, "properties", "handles"), NONE),
    ("a property of a response becomes optional", (*CUP, "required"), ["id"]),
    ("a response has a higher maximum", (*CUP, "properties", "handles", "maximum"), 5),
    ("an enum of a response becomes open", (*CUP, "properties", "glaze", "x-open"), True),
    ("a response becomes nullable", (*CUP, "properties", "handles", "type"), ["integer", "null"]),
    ("a response has another alternative", (*CUP, "properties", "weight", "anyOf", "+"), {"type": "string"}),
    ("a value is added in requests and responses", (*SCHEMAS, "Colour", "enum"), ["blue", "red", "green"]),
    ("a success response is replaced", (*CREATE, "responses"), {"200": {"description": "The cup."}}),
    ("a header of a response is removed", (*OK, "headers", "ETag"), NONE),
    ("a header of a response becomes optional", (*OK, "headers", "ETag", "required"), False),
    ("a link is removed", (*CREATE, "responses", "201", "links", "self"), NONE),
    ("a media type of a body is removed", (*BODY, "content"), {"text/plain": {"schema": {"type": "string"}}}),
    ("an operation is no longer idempotent", (*CREATE, "x-idempotent"), NONE),
    ("a precondition becomes required", (*CREATE, "x-precondition"), "required"),
    ("a rate limit is lower", (*LIST, "x-rate-limit", "limit"), 30),
    ("a rate limit is added", (*CREATE, "x-rate-limit"), {"limit": 5, "window": 60, "per": "caller"}),
]
COMPATIBLE = [
    (
        "an operation is added",
        ("paths", "/cups", "delete"),
        {"operationId": "drop", "tags": ["cups"], "responses": {"204": {}}},
    ),
    ("an operation has another operationId", (*LIST, "operationId"), "all_cups"),
    ("another credential is accepted", (*CREATE, "security", "+"), {"apiKey": ["cups:write"]}),
    ("no credential is required", (*CREATE, "security"), []),
    ("fewer scopes are required", (*CREATE, "security", 0, "bearer"), []),
    ("a role gains a scope", ("x-roles", "customer"), ["cups:read", "cups:write"]),
    ("a parameter is added", (*LIST, "parameters", "+"), {"name": "q", "in": "query", "schema": {"type": "string"}}),
    ("a parameter accepts more values", (*COLOUR, "schema", "enum"), ["blue", "red", "green"]),
    ("a parameter has a higher maximum", (*LIMIT, "schema", "maximum"), 200),
    ("a body accepts more characters", (*NAME, "maxLength"), 60),
    ("a pattern is removed from a request", (*NAME, "pattern"), NONE),
    ("a body becomes optional", (*BODY, "required"), False),
    ("a property of a body becomes optional", (*WANTED, "required"), []),
    ("a property of a body is added", (*WANTED, "properties", "tint"), {"type": "string"}),
    ("a property of a response is added", (*CUP, "properties", "tint"), {"type": "string"}),
    ("a property of a response becomes required", (*CUP, "required"), ["id", "colour", "handles"]),
    ("a response has one alternative less", (*CUP, "properties", "weight", "anyOf", 1), NONE),
    ("a value is added to an open enum", (*CUP, "properties", "mood", "enum"), ["glad", "sad", "odd"]),
    ("an enum is no longer open", (*CUP, "properties", "mood", "x-open"), NONE),
    ("an error is added", (*CREATE, "responses", "409"), {"description": "Taken."}),
    ("an error is removed", (*LIST, "responses", "404"), NONE),
    ("an error has another code", ("components", "responses", "NotFound", "x-error-codes"), ["not_found", "gone"]),
    ("an operation is deprecated", (*LIST, "deprecated"), True),
    ("an operation becomes idempotent", (*LIST, "x-idempotent"), True),
    ("a rate limit is higher", (*LIST, "x-rate-limit", "limit"), 600),
]
TEXTS, ARRAY = {"type": "array", "items": {"type": "string"}}, {"type": "array"}
WANTED_NEW, CUP_NEW = (*WANTED, "properties", "new"), (*CUP, "properties", "new")
MEDIA = (*OK, "content", "application/json")
HOOK = {"arrived": {"post": {"responses": {"200": {"description": "Thanks."}}}}}
TWO_LIMITS = [{"limit": 60, "window": 60, "per": "caller"}, {"limit": 600, "window": 3600, "per": "caller"}]
DEPRECATED = {**OLD.document["paths"]["/cups"]["get"], "deprecated": True, "x-sunset": "2027-12-31"}
ONE, OTHER = (
    {"get": {**DROP, "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}]}}
    for name in ("id", "cup_id")
)
BOUNDED = {"type": "string", "maxLength": 9}
PAIRS = [
    # the id, the state before, the change, the severity
    (
        "a format has another name that accepts the same values",
        (WANTED_NEW, {"type": "string", "format": "idn-email"}),
        (WANTED_NEW, {"type": "string", "format": "email"}),
        Severity.DOCS,
    ),
    (
        "a nullable string loses its bound in responses",
        (CUP_NEW, {"anyOf": [BOUNDED, {"type": "null"}]}),
        (CUP_NEW, {"type": ["string", "null"]}),
        Severity.BREAKING,
    ),
    (
        "a nullable string is no longer nullable in requests",
        (WANTED_NEW, {"anyOf": [BOUNDED, {"type": "null"}]}),
        (WANTED_NEW, BOUNDED),
        Severity.BREAKING,
    ),
    ("items are removed from a response", (CUP_NEW, TEXTS), (CUP_NEW, ARRAY), Severity.BREAKING),
    ("items are added to a response", (CUP_NEW, ARRAY), (CUP_NEW, TEXTS), Severity.COMPATIBLE),
    ("items are added to a request", (WANTED_NEW, ARRAY), (WANTED_NEW, TEXTS), Severity.BREAKING),
    ("no value is valid any more", (NAME, {"type": "string"}), (NAME, False), Severity.BREAKING),
    ("a const changes", (WANTED_NEW, {"const": 1}), (WANTED_NEW, {"const": 2}), Severity.BREAKING),
    (
        "integers become numbers in requests",
        (WANTED_NEW, {"type": "integer"}),
        (WANTED_NEW, {"type": "number"}),
        Severity.COMPATIBLE,
    ),
    (
        "integers become numbers in responses",
        (CUP_NEW, {"type": "integer"}),
        (CUP_NEW, {"type": "number"}),
        Severity.BREAKING,
    ),
    (
        "an alternative of a body is removed",
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        Severity.BREAKING,
    ),
    (
        "an alternative of a body is added",
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        Severity.COMPATIBLE,
    ),
    ("the schema of a response is removed", ((*MEDIA, "schema"), ARRAY), ((*MEDIA, "schema"), NONE), Severity.BREAKING),
    (
        "a media type of a response is removed",
        ((*OK, "content", "text/csv"), {}),
        ((*OK, "content", "text/csv"), NONE),
        Severity.BREAKING,
    ),
    (
        "a parameter is serialized as JSON",
        (COLOUR, {"name": "c", "in": "query", "schema": TEXTS}),
        (COLOUR, {"name": "c", "in": "query", "content": {"application/json": {"schema": TEXTS}}}),
        Severity.BREAKING,
    ),
    (
        "the shorter of two rate limits is lower",
        ((*LIST, "x-rate-limit"), TWO_LIMITS),
        ((*LIST, "x-rate-limit", 0, "limit"), 5),
        Severity.BREAKING,
    ),
    ("the sunset is earlier", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2027-06-30"), Severity.BREAKING),
    ("the sunset is later", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2028-06-30"), Severity.COMPATIBLE),
    ("a webhook is added", (("webhooks",), {}), (("webhooks",), HOOK), Severity.COMPATIBLE),
    ("a webhook is removed", (("webhooks",), HOOK), (("webhooks",), {}), Severity.BREAKING),
    (
        "a callback is added",
        ((*CREATE, "callbacks"), {}),
        ((*CREATE, "callbacks"), {"done": {"{$url}": {}}}),
        Severity.COMPATIBLE,
    ),
    (
        "a public operation requires a credential",
        ((*LIST, "security"), []),
        ((*LIST, "security"), NONE),
        Severity.BREAKING,
    ),
    (
        "the external documentation changes",
        (("externalDocs",), {"url": "/a"}),
        (("externalDocs",), {"url": "/b"}),
        Severity.DOCS,
    ),
]
DOCS = [
    ("a summary changes", (*LIST, "summary"), "List all cups"),
    ("the description of a parameter changes", (*COLOUR, "description"), "Which colour."),
    ("the description of a property changes", (*WANTED, "properties", "handles", "description"), "How many there are."),
    ("the description of a response changes", (*OK, "description"), "All cups."),
    ("an example is added", (*NAME, "examples"), ["mug"]),
    ("the description of the API changes", ("info", "description"), "For comparison."),
]
RATED = [(*each, Severity.BREAKING) for each in BREAKING]
RATED += [(*each, Severity.COMPATIBLE) for each in COMPATIBLE]
RATED += [(*each, Severity.DOCS) for each in DOCS]


@pytest.mark.parametrize(("name", "path", "value", "severity"), RATED, ids=[each[0] for each in RATED])
def test_change_has_its_severity(name: str, path: tuple[str | int, ...], value: Any, severity: Severity) -> None:
    changes = compare(OLD, changed((path, value)))
    assert changes
    assert changes[0].severity is severity, changes


@pytest.mark.parametrize(("name", "before", "after", "severity"), PAIRS, ids=[each[0] for each in PAIRS])
def test_change_of_a_changed_contract_has_its_severity(
    name: str, before: tuple[tuple[str | int, ...], Any], after: tuple[tuple[str | int, ...], Any], severity: Severity
) -> None:
    changes = compare(changed(before), changed(before, after))
    assert changes
    assert changes[0].severity is severity, changes


@pytest.mark.parametrize(("name", "path", "value", "severity"), RATED, ids=[each[0] for each in RATED])
def test_change_has_a_line_on_both_sides(
    name: str, path: tuple[str | int, ...], value: Any, severity: Severity
) -> None:
    release = Release(OLD, changed((path, value)))
    for change in release.changes:
        before, after = release.lines(change)
        assert (change.before is None) == (before is None)
        assert (change.after is None) == (after is None)
        assert before or after


class TestCompare:
    def test_order_makes_no_difference(self) -> None:
        document = {key: OLD.document[key] for key in reversed(OLD.document)}
        assert compare(OLD, Contract(json.dumps(document).encode())) == []

    def test_change_of_a_component_lists_all_affected_operations(self) -> None:
        [change] = compare(OLD, changed(((*CUP, "properties", "id", "maxLength"), 40)))
        assert (change.where, change.operations) == ("Cup.id", ("GET /cups", "POST /cups"))

    def test_renamed_path_parameter_keeps_the_path(self) -> None:
        both = (changed((("paths", f"/cups/{{{name}}}"), item)) for name, item in (("id", ONE), ("cup_id", OTHER)))
        result = [each.what for each in compare(*both)]
        assert result == ["the path parameter cup_id was added and is required", "the path parameter id was removed"]

    def test_explicit_defaults_make_no_difference(self) -> None:
        assert compare(OLD, changed(((*COLOUR, "explode"), True), ((*COLOUR, "style"), "form"))) == []

    def test_notations_of_null_are_equal(self) -> None:
        forms = [
            {"anyOf": [BOUNDED, {"type": "null"}], "description": "A name."},
            {**BOUNDED, "type": ["string", "null"], "description": "A name."},
        ]
        for place in (CUP_NEW, WANTED_NEW):
            assert compare(*(changed((place, form)) for form in forms)) == []
            assert compare(*(changed((place, form)) for form in reversed(forms))) == []

    def test_extending_role_has_the_scopes_of_the_other_role(self) -> None:
        plain = changed((("x-roles", "owner"), ["cups:read", "cups:write"]))
        extended = changed((("x-roles", "owner"), {"extends": "customer", "scopes": ["cups:write"]}))
        assert compare(plain, extended) == []

    def test_moving_a_schema_to_components_makes_no_difference(self) -> None:
        moved = changed(
            ((*SCHEMAS, "Limit"), OLD.document["paths"]["/cups"]["get"]["parameters"][0]["schema"]),
            ((*LIMIT, "schema"), {"$ref": "#/components/schemas/Limit"}),
        )
        assert compare(OLD, moved) == []
