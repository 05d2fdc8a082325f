"""The coverage gate itself.

Its requirements, what counts as seen, and what fails.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from orderly.contract.bundle import Bundle
from orderly.contract.model import load
from tests.contract_coverage.plugin import verdict
from tests.contract_coverage.recorder import Exchange, Recorder
from tests.contract_coverage.requirements import requirements_of

SHELVES = """openapi: 3.1.0
info: {title: Shelves, version: 1.0.0}
servers: [{url: /v1}]
paths:
  /shelves:
    post:
      operationId: create_shelf
      tags: [shelves]
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Shelf"}}
      responses:
        "201":
          content:
            application/json: {schema: {$ref: "#/components/schemas/Shelf"}}
          links:
            get_shelf: {operationId: get_shelf, parameters: {shelf_id: "$response.body#/id"}}
        "409":
          x-error-codes: [shelf_taken]
          content:
            application/problem+json: {schema: {type: object}}
        "503": {description: A fault.}
  /shelves/{shelf_id}:
    get:
      operationId: get_shelf
      tags: [shelves]
      parameters:
        - {name: shelf_id, in: path, required: true, schema: {type: string}}
        - {name: colour, in: query, schema: {type: string}}
      responses:
        "200":
          content:
            application/json: {schema: {$ref: "#/components/schemas/Shelf"}}
components:
  schemas:
    Shelf:
      type: object
      properties:
        id: {type: string}
        wood: {enum: [oak, ash]}
"""
JSON = {"content-type": "application/json"}
OAK = b'{"id": "7", "wood": "oak"}'
MADE = Exchange("POST", "/v1/shelves", "", JSON, OAK, 201, JSON, OAK)
READ = Exchange("GET", "/v1/shelves/7", "colour=red", {}, b"", 200, JSON, OAK)
REJECTED = replace(
    MADE, status=409, headers={"content-type": "application/problem+json"}, response=b'{"code": "shelf_taken"}'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shelves.yaml"
    path.write_text(SHELVES)
    return path


@pytest.fixture
def recorder(path: Path) -> Recorder:
    return Recorder(load(path))


def missing(recorder: Recorder, path: Path, *exchanges: Exchange) -> list[str]:
    """Return what is never seen after these exchanges, without the totals."""
    for exchange in exchanges:
        recorder.record(exchange)
    return [line.removeprefix("never seen: ") for line in verdict(load(path), Bundle(path), recorder.seen)[:-1]]


def test_unseen_requirement_is_listed_with_its_line(recorder: Recorder, path: Path) -> None:
    assert missing(recorder, path, MADE, READ, REJECTED) == [
        "shelves.yaml:41: request with 'ash' of schemas/Shelf/properties/wood",
        "shelves.yaml:41: response with 'ash' of schemas/Shelf/properties/wood",
    ]


def test_complete_coverage_lists_only_the_total(recorder: Recorder, path: Path) -> None:
    ash = replace(MADE, body=OAK.replace(b"oak", b"ash"), response=OAK.replace(b"oak", b"ash"))
    assert missing(recorder, path, MADE, ash, READ, REJECTED) == []
    total = len(requirements_of(load(path)))
    assert verdict(load(path), Bundle(path), recorder.seen) == [
        f"{total} of {total} requirements of 2 operations were seen (500 and 503 are left to the fault tests)."
    ]


def test_unreachable_code_need_not_be_seen(recorder: Recorder, path: Path) -> None:
    for exchange in (MADE, READ):
        recorder.record(exchange)
    *never, total = verdict(load(path), Bundle(path), recorder.seen, {"shelf_taken"})
    assert not any("shelf_taken" in line for line in never)
    assert any("create_shelf returns 409 application/problem+json" in line for line in never)
    assert total.endswith("(500 and 503 are left to the fault tests; shelf_taken needs PostgreSQL).")


def test_link_is_followed_by_its_own_value_only(recorder: Recorder, path: Path) -> None:
    followed = "shelves.yaml:18: create_shelf links to get_shelf"
    assert followed in missing(recorder, path, READ, MADE, replace(READ, path="/v1/shelves/8"))
    assert followed not in missing(recorder, path, READ)


def test_rejected_request_marks_no_parameter_and_no_choice(recorder: Recorder, path: Path) -> None:
    left = missing(recorder, path, REJECTED)
    assert "shelves.yaml:12: create_shelf accepts application/json" in left
    assert "shelves.yaml:41: request with 'oak' of schemas/Shelf/properties/wood" in left


@pytest.mark.parametrize(
    ("exchange", "complaint"),
    [
        (replace(MADE, status=202), "create_shelf: status 202 is not declared"),
        (replace(MADE, headers={"content-type": "text/csv"}), "create_shelf: 201: media type text/csv is not declared"),
        (replace(MADE, response=b'{"wood": "elm"}'), "create_shelf: 201: /wood breaks `enum`"),
        (replace(REJECTED, response=b'{"code": "no"}'), "create_shelf: 409: code no is not in x-error-codes"),
        (
            replace(READ, query="size=1"),
            "get_shelf: accepts the parameters ['size'], which are not declared",
        ),
        (replace(READ, path="/v1/boxes"), "GET /v1/boxes: 200 outside of operations"),
    ],
)
def test_undeclared_part_is_listed(recorder: Recorder, exchange: Exchange, complaint: str) -> None:
    recorder.record(exchange)
    assert [what.replace("create_shelf, ", "") for what in recorder.undeclared] == [complaint]
    assert "test_undeclared_part_is_listed" in next(iter(recorder.undeclared.values()))
