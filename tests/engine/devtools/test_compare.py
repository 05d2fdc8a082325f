"""Each change of a contract is rated as those who call the API would rate it."""

import json

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
    ("an operation goes", LIST, NONE),
    ("a path goes", ("paths", "/cups"), NONE),
    ("the API moves", ("servers", 0, "url"), "/v2"),
    ("a credential needs one more scope", (*CREATE, "security", 0, "bearer"), ["cups:write", "cups:all"]),
    ("one of two credentials is asked for instead", (*CREATE, "security"), [{"apiKey": ["cups:write"]}]),
    ("what all operations ask for by default is more", ("security", 0, "bearer"), ["cups:read", "cups:all"]),
    ("a role loses a scope", ("x-roles", "customer"), []),
    ("a credential is given in another way", ("components", "securitySchemes", "apiKey", "name"), "X-Key"),
    ("a parameter goes", COLOUR, NONE),
    ("a parameter is needed", (*COLOUR, "required"), True),
    ("a parameter takes fewer values", (*COLOUR, "schema", "enum"), ["blue"]),
    ("a parameter takes less", (*LIMIT, "schema", "maximum"), 50),
    ("a default changes", (*LIMIT, "schema", "default"), 10),
    ("a default of a body changes", (*WANTED, "properties", "handles", "default"), 2),
    ("a list is written in another way", (*COLOUR, "explode"), False),
    (
        "a needed parameter comes",
        (*LIST, "parameters", "+"),
        {"name": "q", "in": "query", "required": True, "schema": {}},
    ),
    ("a body takes fewer characters", (*NAME, "maxLength"), 40),
    ("a pattern changes", (*NAME, "pattern"), "^[a-f]+$"),
    ("a format comes where clients send", (*NAME, "format"), "hostname"),
    ("a type goes where clients send", (*WANTED, "properties", "size", "type"), "string"),
    ("a property of a body is needed", (*WANTED, "required"), ["colour", "name"]),
    ("a property of a body goes", NAME, NONE),
    ("a property of an answer goes", (*CUP, "properties", "handles"), NONE),
    ("a property of an answer may be missing", (*CUP, "required"), ["id"]),
    ("an answer may be larger", (*CUP, "properties", "handles", "maximum"), 5),
    ("clients have to expect more values", (*CUP, "properties", "glaze", "x-open"), True),
    ("an answer may be null", (*CUP, "properties", "handles", "type"), ["integer", "null"]),
    ("an answer may be one thing more", (*CUP, "properties", "weight", "anyOf", "+"), {"type": "string"}),
    ("a value comes that goes both ways", (*SCHEMAS, "Colour", "enum"), ["blue", "red", "green"]),
    ("a success goes", (*CREATE, "responses"), {"200": {"description": "The cup."}}),
    ("a header of an answer goes", (*OK, "headers", "ETag"), NONE),
    ("a header of an answer may be missing", (*OK, "headers", "ETag", "required"), False),
    ("a link goes", (*CREATE, "responses", "201", "links", "self"), NONE),
    ("a media type of a body goes", (*BODY, "content"), {"text/plain": {"schema": {"type": "string"}}}),
    ("repeating is not safe any more", (*CREATE, "x-idempotent"), NONE),
    ("a precondition is asked for", (*CREATE, "x-precondition"), "required"),
    ("a limit is lower", (*LIST, "x-rate-limit", "limit"), 30),
    ("a limit comes", (*CREATE, "x-rate-limit"), {"limit": 5, "window": 60, "per": "caller"}),
]
COMPATIBLE = [
    (
        "an operation comes",
        ("paths", "/cups", "delete"),
        {"operationId": "drop", "tags": ["cups"], "responses": {"204": {}}},
    ),
    ("an operation has another operationId", (*LIST, "operationId"), "all_cups"),
    ("another credential is enough too", (*CREATE, "security", "+"), {"apiKey": ["cups:write"]}),
    ("no credential is needed", (*CREATE, "security"), []),
    ("fewer scopes are needed", (*CREATE, "security", 0, "bearer"), []),
    ("a role gains a scope", ("x-roles", "customer"), ["cups:read", "cups:write"]),
    ("a parameter comes", (*LIST, "parameters", "+"), {"name": "q", "in": "query", "schema": {"type": "string"}}),
    ("a parameter takes more values", (*COLOUR, "schema", "enum"), ["blue", "red", "green"]),
    ("a parameter takes more", (*LIMIT, "schema", "maximum"), 200),
    ("a body takes more characters", (*NAME, "maxLength"), 60),
    ("a pattern goes where clients send", (*NAME, "pattern"), NONE),
    ("a body is not needed", (*BODY, "required"), False),
    ("a property of a body is not needed", (*WANTED, "required"), []),
    ("a property of a body comes", (*WANTED, "properties", "tint"), {"type": "string"}),
    ("a property of an answer comes", (*CUP, "properties", "tint"), {"type": "string"}),
    ("a property of an answer is always there", (*CUP, "required"), ["id", "colour", "handles"]),
    ("an answer is one thing less", (*CUP, "properties", "weight", "anyOf", 1), NONE),
    ("a value comes to an open list", (*CUP, "properties", "mood", "enum"), ["glad", "sad", "odd"]),
    ("a list is open no more", (*CUP, "properties", "mood", "x-open"), NONE),
    ("an error comes", (*CREATE, "responses", "409"), {"description": "Taken."}),
    ("an error goes", (*LIST, "responses", "404"), NONE),
    ("an error has another code", ("components", "responses", "NotFound", "x-error-codes"), ["not_found", "gone"]),
    ("an operation is deprecated", (*LIST, "deprecated"), True),
    ("repeating is safe", (*LIST, "x-idempotent"), True),
    ("a limit is higher", (*LIST, "x-rate-limit", "limit"), 600),
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
    # what is there before, what takes its place, and what that is
    (
        "a format has another name that accepts the same values",
        (WANTED_NEW, {"type": "string", "format": "idn-email"}),
        (WANTED_NEW, {"type": "string", "format": "email"}),
        Severity.DOCS,
    ),
    (
        "a nullable string loses its bound in answers",
        (CUP_NEW, {"anyOf": [BOUNDED, {"type": "null"}]}),
        (CUP_NEW, {"type": ["string", "null"]}),
        Severity.BREAKING,
    ),
    (
        "a nullable string is null no more where clients send",
        (WANTED_NEW, {"anyOf": [BOUNDED, {"type": "null"}]}),
        (WANTED_NEW, BOUNDED),
        Severity.BREAKING,
    ),
    ("items go from an answer", (CUP_NEW, TEXTS), (CUP_NEW, ARRAY), Severity.BREAKING),
    ("items come to an answer", (CUP_NEW, ARRAY), (CUP_NEW, TEXTS), Severity.COMPATIBLE),
    ("items come where clients send", (WANTED_NEW, ARRAY), (WANTED_NEW, TEXTS), Severity.BREAKING),
    ("nothing fits any more", (NAME, {"type": "string"}), (NAME, False), Severity.BREAKING),
    ("a const changes", (WANTED_NEW, {"const": 1}), (WANTED_NEW, {"const": 2}), Severity.BREAKING),
    (
        "integers become numbers where clients send",
        (WANTED_NEW, {"type": "integer"}),
        (WANTED_NEW, {"type": "number"}),
        Severity.COMPATIBLE,
    ),
    (
        "integers become numbers in answers",
        (CUP_NEW, {"type": "integer"}),
        (CUP_NEW, {"type": "number"}),
        Severity.BREAKING,
    ),
    (
        "one of the alternatives of a body goes",
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        Severity.BREAKING,
    ),
    (
        "a body may be one thing more",
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        Severity.COMPATIBLE,
    ),
    ("an answer has a schema no more", ((*MEDIA, "schema"), ARRAY), ((*MEDIA, "schema"), NONE), Severity.BREAKING),
    (
        "a media type of an answer goes",
        ((*OK, "content", "text/csv"), {}),
        ((*OK, "content", "text/csv"), NONE),
        Severity.BREAKING,
    ),
    (
        "a parameter is written as JSON",
        (COLOUR, {"name": "c", "in": "query", "schema": TEXTS}),
        (COLOUR, {"name": "c", "in": "query", "content": {"application/json": {"schema": TEXTS}}}),
        Severity.BREAKING,
    ),
    (
        "the shorter of two limits is lower",
        ((*LIST, "x-rate-limit"), TWO_LIMITS),
        ((*LIST, "x-rate-limit", 0, "limit"), 5),
        Severity.BREAKING,
    ),
    ("the end comes sooner", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2027-06-30"), Severity.BREAKING),
    ("the end comes later", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2028-06-30"), Severity.COMPATIBLE),
    ("a webhook comes", (("webhooks",), {}), (("webhooks",), HOOK), Severity.COMPATIBLE),
    ("a webhook goes", (("webhooks",), HOOK), (("webhooks",), {}), Severity.BREAKING),
    (
        "a callback comes",
        ((*CREATE, "callbacks"), {}),
        ((*CREATE, "callbacks"), {"done": {"{$url}": {}}}),
        Severity.COMPATIBLE,
    ),
    ("what is public asks for a credential", ((*LIST, "security"), []), ((*LIST, "security"), NONE), Severity.BREAKING),
    (
        "elsewhere is more to read",
        (("externalDocs",), {"url": "/a"}),
        (("externalDocs",), {"url": "/b"}),
        Severity.DOCS,
    ),
]
DOCS = [
    ("a summary changes", (*LIST, "summary"), "List all cups"),
    ("the description of a parameter changes", (*COLOUR, "description"), "Which colour."),
    ("the description of a property changes", (*WANTED, "properties", "handles", "description"), "How many there are."),
    ("the description of an answer changes", (*OK, "description"), "All cups."),
    ("an example comes", (*NAME, "examples"), ["mug"]),
    ("the API is described otherwise", ("info", "description"), "For comparison."),
]
RATED = [(*each, Severity.BREAKING) for each in BREAKING]
RATED += [(*each, Severity.COMPATIBLE) for each in COMPATIBLE]
RATED += [(*each, Severity.DOCS) for each in DOCS]


@pytest.mark.parametrize(("name", "path", "value", "severity"), RATED, ids=[each[0] for each in RATED])
def test_a_change_is_rated(name, path, value, severity):
    changes = compare(OLD, changed((path, value)))
    assert changes
    assert changes[0].severity is severity, changes


@pytest.mark.parametrize(("name", "before", "after", "severity"), PAIRS, ids=[each[0] for each in PAIRS])
def test_a_pair_is_rated(name, before, after, severity):
    changes = compare(changed(before), changed(before, after))
    assert changes
    assert changes[0].severity is severity, changes


@pytest.mark.parametrize(("name", "path", "value", "severity"), RATED, ids=[each[0] for each in RATED])
def test_a_change_stands_at_a_line_on_both_sides(name, path, value, severity):
    release = Release(OLD, changed((path, value)))
    for change in release.changes:
        before, after = release.lines(change)
        assert (change.before is None) == (before is None)
        assert (change.after is None) == (after is None)
        assert before or after


class TestCompare:
    def test_nothing_has_changed_where_only_the_order_has(self):
        document = {key: OLD.document[key] for key in reversed(OLD.document)}
        assert compare(OLD, Contract(json.dumps(document).encode())) == []

    def test_a_change_of_something_shared_is_told_once_with_all_that_it_touches(self):
        [change] = compare(OLD, changed(((*CUP, "properties", "id", "maxLength"), 40)))
        assert (change.where, change.operations) == ("Cup.id", ("GET /cups", "POST /cups"))

    def test_a_path_whose_parameter_is_called_otherwise_is_the_same_path(self):
        both = (changed((("paths", f"/cups/{{{name}}}"), item)) for name, item in (("id", ONE), ("cup_id", OTHER)))
        result = [each.what for each in compare(*both)]
        assert result == ["the path parameter cup_id was added, and is required", "the path parameter id was removed"]

    def test_what_counts_anyway_may_be_said(self):
        assert compare(OLD, changed(((*COLOUR, "explode"), True), ((*COLOUR, "style"), "form"))) == []

    def test_another_form_of_null_changes_nothing(self):
        forms = [
            {"anyOf": [BOUNDED, {"type": "null"}], "description": "A name."},
            {**BOUNDED, "type": ["string", "null"], "description": "A name."},
        ]
        for place in (CUP_NEW, WANTED_NEW):
            assert compare(*(changed((place, form)) for form in forms)) == []
            assert compare(*(changed((place, form)) for form in reversed(forms))) == []

    def test_a_role_that_extends_another_has_its_scopes(self):
        plain = changed((("x-roles", "owner"), ["cups:read", "cups:write"]))
        extended = changed((("x-roles", "owner"), {"extends": "customer", "scopes": ["cups:write"]}))
        assert compare(plain, extended) == []

    def test_moving_a_schema_into_the_components_changes_nothing(self):
        moved = changed(
            ((*SCHEMAS, "Limit"), OLD.document["paths"]["/cups"]["get"]["parameters"][0]["schema"]),
            ((*LIMIT, "schema"), {"$ref": "#/components/schemas/Limit"}),
        )
        assert compare(OLD, moved) == []
