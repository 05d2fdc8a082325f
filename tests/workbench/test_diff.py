"""`orderly diff`: each change is rated as those who call the API would rate it."""

import json
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.workbench.changes import Rating
from openapi.workbench.compare import compare
from openapi.workbench.release import Release

SHOP = Path(__file__).with_name("shop.yaml")
OLD = Contract(SHOP.read_bytes())
NONE = object()
LIST, CREATE = ("paths", "/cups", "get"), ("paths", "/cups", "post")
LIMIT, COLOUR = (*LIST, "parameters", 0), (*LIST, "parameters", 1)
OK = (*LIST, "responses", "200")
SCHEMAS = ("components", "schemas")
CUP, WANTED = (*SCHEMAS, "Cup"), (*SCHEMAS, "CupCreate")
NAME, BODY = (*WANTED, "properties", "name"), (*CREATE, "requestBody")
NEEDED = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
DROP = {"operationId": "drop_cups", "tags": ["cups"], "responses": {"204": {"description": "Dropped."}}}

BREAKING = [
    ("an operation goes", LIST, NONE),
    ("a path goes", ("paths", "/cups"), NONE),
    ("an operation is called otherwise", (*LIST, "operationId"), "all_cups"),
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
ADDITION = [
    (
        "an operation comes",
        ("paths", "/cups", "delete"),
        {"operationId": "drop", "tags": ["cups"], "responses": {"204": {}}},
    ),
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
PAIRS = [
    # what is there before, what takes its place, and what that is
    ("items go from an answer", (CUP_NEW, TEXTS), (CUP_NEW, ARRAY), Rating.BREAKING),
    ("items come to an answer", (CUP_NEW, ARRAY), (CUP_NEW, TEXTS), Rating.ADDITION),
    ("items come where clients send", (WANTED_NEW, ARRAY), (WANTED_NEW, TEXTS), Rating.BREAKING),
    ("nothing fits any more", (NAME, {"type": "string"}), (NAME, False), Rating.BREAKING),
    ("a const changes", (WANTED_NEW, {"const": 1}), (WANTED_NEW, {"const": 2}), Rating.BREAKING),
    (
        "integers become numbers where clients send",
        (WANTED_NEW, {"type": "integer"}),
        (WANTED_NEW, {"type": "number"}),
        Rating.ADDITION,
    ),
    (
        "integers become numbers in answers",
        (CUP_NEW, {"type": "integer"}),
        (CUP_NEW, {"type": "number"}),
        Rating.BREAKING,
    ),
    (
        "one of the alternatives of a body goes",
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        Rating.BREAKING,
    ),
    (
        "a body may be one thing more",
        (WANTED_NEW, {"oneOf": [{"type": "string"}]}),
        (WANTED_NEW, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        Rating.ADDITION,
    ),
    ("an answer has a schema no more", ((*MEDIA, "schema"), ARRAY), ((*MEDIA, "schema"), NONE), Rating.BREAKING),
    (
        "a media type of an answer goes",
        ((*OK, "content", "text/csv"), {}),
        ((*OK, "content", "text/csv"), NONE),
        Rating.BREAKING,
    ),
    (
        "a parameter is written as JSON",
        (COLOUR, {"name": "c", "in": "query", "schema": TEXTS}),
        (COLOUR, {"name": "c", "in": "query", "content": {"application/json": {"schema": TEXTS}}}),
        Rating.BREAKING,
    ),
    (
        "the shorter of two limits is lower",
        ((*LIST, "x-rate-limit"), TWO_LIMITS),
        ((*LIST, "x-rate-limit", 0, "limit"), 5),
        Rating.BREAKING,
    ),
    ("the end comes sooner", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2027-06-30"), Rating.BREAKING),
    ("the end comes later", (LIST, DEPRECATED), ((*LIST, "x-sunset"), "2028-06-30"), Rating.ADDITION),
    ("a webhook comes", (("webhooks",), {}), (("webhooks",), HOOK), Rating.ADDITION),
    ("a webhook goes", (("webhooks",), HOOK), (("webhooks",), {}), Rating.BREAKING),
    (
        "a callback comes",
        ((*CREATE, "callbacks"), {}),
        ((*CREATE, "callbacks"), {"done": {"{$url}": {}}}),
        Rating.ADDITION,
    ),
    ("what is public asks for a credential", ((*LIST, "security"), []), ((*LIST, "security"), NONE), Rating.BREAKING),
    (
        "elsewhere is more to read",
        (("externalDocs",), {"url": "/a"}),
        (("externalDocs",), {"url": "/b"}),
        Rating.WORDING,
    ),
]
WORDING = [
    ("a summary changes", (*LIST, "summary"), "List all cups"),
    ("the description of a parameter changes", (*COLOUR, "description"), "Which colour."),
    ("the description of a property changes", (*WANTED, "properties", "handles", "description"), "How many there are."),
    ("the description of an answer changes", (*OK, "description"), "All cups."),
    ("an example comes", (*NAME, "examples"), ["mug"]),
    ("the API is described otherwise", ("info", "description"), "For comparison."),
]
RATED = [(*each, Rating.BREAKING) for each in BREAKING]
RATED += [(*each, Rating.ADDITION) for each in ADDITION]
RATED += [(*each, Rating.WORDING) for each in WORDING]


def changed(*changes: tuple[tuple[Any, ...], Any], version: str = "1.2.3") -> Contract:
    """The small shop with some places set, appended to ("+") or removed."""
    document = deepcopy(OLD.document)
    document["info"]["version"] = version
    for path, value in changes:
        *way, last = path
        holder = document
        for step in way:
            holder = holder[step]
        if last == "+":
            holder.append(value)
        elif value is NONE:
            del holder[last]
        else:
            holder[last] = value
    return Contract(json.dumps(document, indent=1).encode())


@pytest.mark.parametrize(("name", "path", "value", "rating"), RATED, ids=[each[0] for each in RATED])
def test_a_change_is_rated(name, path, value, rating):
    changes = compare(OLD, changed((path, value)))
    assert changes
    assert changes[0].rating is rating, changes


@pytest.mark.parametrize(("name", "before", "after", "rating"), PAIRS, ids=[each[0] for each in PAIRS])
def test_a_pair_is_rated(name, before, after, rating):
    changes = compare(changed(before), changed(before, after))
    assert changes
    assert changes[0].rating is rating, changes


@pytest.mark.parametrize(("name", "path", "value", "rating"), RATED, ids=[each[0] for each in RATED])
def test_a_change_stands_at_a_line_on_both_sides(name, path, value, rating):
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
        said = [each.what for each in compare(*both)]
        assert said == ["the path parameter cup_id was added, and is required", "the path parameter id was removed"]

    def test_what_counts_anyway_may_be_said(self):
        assert compare(OLD, changed(((*COLOUR, "explode"), True), ((*COLOUR, "style"), "form"))) == []

    def test_moving_a_schema_into_the_components_changes_nothing(self):
        moved = changed(
            ((*SCHEMAS, "Limit"), OLD.document["paths"]["/cups"]["get"]["parameters"][0]["schema"]),
            ((*LIMIT, "schema"), {"$ref": "#/components/schemas/Limit"}),
        )
        assert compare(OLD, moved) == []


class TestRelease:
    @pytest.mark.parametrize(
        ("path", "value", "before", "needed"),
        [
            ((*LIST, "summary"), "All", "1.2.3", "1.2.4"),
            ((*LIMIT, "schema", "maximum"), 200, "1.2.3", "1.3.0"),
            ((*LIMIT, "schema", "maximum"), 50, "1.2.3", "2.0.0"),
            ((*LIST, "summary"), "All", "0.2.3", "0.2.4"),
            ((*LIMIT, "schema", "maximum"), 200, "0.2.3", "0.2.4"),
            ((*LIMIT, "schema", "maximum"), 50, "0.2.3", "0.3.0"),
        ],
    )
    def test_the_version_is_raised_by_the_worst_change(self, path, value, before, needed):
        old = changed(version=before)
        low, high = (Release(old, changed((path, value), version=version)) for version in (before, needed))
        assert low.needed == needed
        assert f"info.version is {before}; it was {before}, so raise it to {needed} or more" in _said(low)
        assert not any("info.version" in each for each in _said(high))

    def test_what_breaks_unannounced_does_not_pass_whatever_the_version(self):
        release = Release(OLD, changed((COLOUR, NONE), version="2.0.0"))
        assert _said(release) == [
            "GET /cups: the query parameter colour was removed, which breaks clients, and it was not deprecated"
        ]

    @pytest.mark.parametrize(
        "path", [("paths", "/old"), ("paths", "/old", "get", "responses", "200"), (*CUP, "properties", "shade")]
    )
    def test_what_was_deprecated_may_go_when_its_sunset_is_past(self, path, time_machine):
        time_machine.move_to("2026-01-01T00:00:00Z")
        new = changed((path, NONE), version="2.0.0") if path[-1] != "200" else None
        new = new or changed(((*path[:-1],), {"204": {"description": "Nothing."}}), version="2.0.0")
        assert Release(OLD, new).complaints == []

    def test_it_may_not_go_before(self, time_machine):
        time_machine.move_to("2025-12-31T12:00:00Z")
        [said] = _said(Release(OLD, changed((("paths", "/old"), NONE), version="2.0.0")))
        assert said.endswith("which breaks clients, and its x-sunset is 2025-12-31, not past")


class TestCommand:
    @pytest.fixture
    def files(self, shop):
        (shop / "old.yaml").write_bytes(OLD.source)
        (shop / "new.yaml").write_bytes(changed(((*LIST, "summary"), "All"), (COLOUR, NONE)).source)
        return ["new.yaml", "--base", "old.yaml"]

    def test_people_are_told_as_a_table_and_ci_by_the_exit_code(self, orderly, files):
        said = orderly("diff", *files)
        assert said.code == 1
        rows = [line.split() for line in said.out.splitlines()]
        assert [row[0] for row in rows if row and row[0] in ("breaking", "addition", "wording")] == [
            "breaking",
            "wording",
        ]
        assert "16 > -" in said.out
        assert "info.version is 1.2.3; it was 1.2.3, so raise it to 2.0.0 or more.\n" in said.err

    def test_what_may_be_released_passes(self, orderly, shop, files):
        (shop / "new.yaml").write_bytes(changed(((*LIST, "summary"), "All"), version="1.2.4").source)
        said = orderly("diff", *files)
        assert (said.code, said.err) == (0, "")

    def test_no_change_is_said_so(self, orderly, files):
        assert orderly("diff", "old.yaml", "--base", "old.yaml").out == "Nothing has changed since old.yaml.\n"

    def test_programs_are_told_in_json(self, orderly, files):
        said = json.loads(orderly("diff", *files, "--format", "json").out)
        assert said["version"] == {"before": "1.2.3", "after": "1.2.3", "needed": "2.0.0"}
        assert said["passes"] is False
        assert [each["rating"] for each in said["changes"]] == ["breaking", "wording"]
        assert said["changes"][0]["before"] == {"pointer": "/paths/~1cups/get/parameters/1", "line": 16}

    def test_reviewers_are_told_at_the_line(self, orderly, files):
        lines = orderly("diff", *files, "--format", "github").out.splitlines()
        assert [line.split(",")[0] for line in lines] == ["::error file=new.yaml"] * 2 + ["::notice file=new.yaml"]

    def test_readers_are_told_in_markdown(self, orderly, files):
        assert orderly("diff", *files, "--format", "markdown").out == (
            "## [1.2.3]\n\n### Breaking\n\n- **GET /cups**: the query parameter colour was removed.\n"
            "\n### Wording\n\n- **GET /cups**: `summary` changed.\n"
        )

    def test_what_is_not_there_cannot_be_compared_with(self, orderly, files):
        assert "git knows no new.yaml of before: name a file with --base" in orderly("diff", "new.yaml").err
        assert "nowhere is no file, and no revision" in orderly("diff", "new.yaml", "--base", "nowhere").err


class TestHistory:
    @pytest.fixture
    def history(self, shop):
        """A contract whose version was raised once, and which has changed since then."""
        git("init", "-q", "-b", "main")
        save(shop, changed(version="1.0.0"), "Begin")
        save(shop, changed(((*LIST, "summary"), "All"), version="1.0.0"), "Say more")
        save(shop, changed(((*LIST, "summary"), "All"), version="1.1.0"), "Raise the version")
        save(shop, changed(((*LIST, "summary"), "Every cup"), version="1.1.0"), "Say it better")
        return shop

    def test_without_a_base_it_is_the_latest_tag(self, orderly, history):
        git("tag", "v1.0.0", "HEAD~2")
        said = orderly("diff", "contract.yaml").out
        assert said == orderly("diff", "contract.yaml", "--base", "HEAD~2").out.replace("HEAD~2", "the tag v1.0.0")
        assert "Since the tag v1.0.0:\n" in said

    def test_without_a_tag_it_is_the_commit_that_set_the_version(self, orderly, history):
        said = orderly("diff", "contract.yaml")
        raised = git("log", "-1", "--format=%h of %cs", "HEAD~1")
        assert f"Since {raised}, which set info.version to 1.1.0, for there is no tag:\n" in said.out
        assert "raise it to 1.1.1 or more" in said.err
        git("reset", "-q", "--hard", "HEAD~1")
        assert orderly("diff", "contract.yaml").out.startswith(f"Nothing has changed since {raised}, which set")

    def test_it_is_the_first_one_where_the_version_was_never_raised(self, orderly, history):
        git("reset", "-q", "--hard", "HEAD~2")
        said = orderly("diff", "contract.yaml")
        assert git("log", "-1", "--format=%h", "HEAD~1") in said.out
        assert "raise it to 1.0.1 or more" in said.err

    def test_a_raise_that_was_merged_counts_when_it_comes(self, orderly, history):
        git("checkout", "-q", "-b", "more")
        save(history, changed(version="1.2.0"), "Raise it once more")
        git("checkout", "-q", "main")
        git("merge", "-q", "--no-ff", "more", "-m", "Merge more")
        assert f"since {git('log', '-1', '--format=%h')} of" in orderly("diff", "contract.yaml").out

    def test_a_clone_without_its_past_is_told_how_to_get_it(self, orderly, history, tmp_path_factory, monkeypatch):
        clone = tmp_path_factory.mktemp("clone")
        git("clone", "-q", "--depth", "1", f"file://{history}", str(clone))
        monkeypatch.chdir(clone)
        assert "run `git fetch --unshallow --tags`" in orderly("diff", "contract.yaml").err

    def test_a_contract_of_several_files_is_compared_as_a_whole(self, orderly, shop):
        split = Path(__file__).parent.parent / "contract" / "foreign" / "split"
        shutil.copytree(split, shop, dirs_exist_ok=True)
        git("init", "-q", "-b", "main")
        commit("Begin")
        file = shop / "schemas" / "pet.yaml"
        file.write_text(file.read_text().replace("maxItems: 2", "maxItems: 1", 1))
        said = orderly("diff", "openapi.yaml").out
        assert [line.split()[0] for line in said.splitlines() if "`maxItems`" in line] == ["breaking"]


def save(folder: Path, contract: Contract, message: str) -> None:
    (folder / "contract.yaml").write_bytes(contract.source)
    commit(message)


def commit(message: str) -> None:
    git("add", ".")
    git("commit", "-qm", message)


def git(*words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout.strip()


def _said(release: Release) -> list[str]:
    return [what for _, what in release.complaints]
