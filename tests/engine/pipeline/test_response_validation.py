"""Results that the contract does not declare."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from orderly.database.database import Database
from orderly.errors import Conflict
from tests.engine.application import Thing, add_thing
from tests.engine.conftest import Serve


class Undeclared(Conflict):
    """An error that the operation does not declare."""

    code = "undeclared"


def raise_undeclared() -> None:
    raise Undeclared


def raise_bug() -> None:
    raise RuntimeError("SELECT secret FROM /srv/orderly")


# The operation, its path, what its handler does, and the rule in the log.
BROKEN: list[tuple[str, str, Callable[[], Any], str | None]] = [
    ("post_answer", "/v1/answers", raise_undeclared, "post_answer: status 409 is not declared"),
    ("post_answer", "/v1/answers", lambda: {"recursion": {"name": "a", "x": 1}}, "/recursion/x breaks `additionalProp"),
    ("post_answer", "/v1/answers", lambda: {"recursion": {}}, "/recursion/name breaks `required`"),
    ("post_answer", "/v1/answers", lambda: {"integer": "1"}, "/integer breaks `type`"),
    ("post_answer", "/v1/answers", lambda: None, "breaks `type`"),
    ("post_answer", "/v1/answers", lambda: {"integer": {1, 2}}, None),
    ("post_answer", "/v1/answers", raise_bug, None),
    ("post_header", "/v1/headers", dict, "header X-Missing is required"),
    ("post_etag", "/v1/etags", lambda: {"version": 3}, "header ETag breaks `pattern`"),
    ("post_nothing", "/v1/nothing", dict, "has a body, but none is declared"),
]


@pytest.mark.parametrize(("operation_id", "path", "misbehave", "rule"), BROKEN)
def test_an_undeclared_response_is_rolled_back(
    serve: Serve,
    database: Database,
    operation_id: str,
    path: str,
    misbehave: Callable[[], dict[str, Any] | None],
    rule: str | None,
) -> None:
    def handler(*, session: Session) -> dict[str, Any] | None:
        add_thing(session)
        return misbehave()

    with capture_logs() as logs:
        answer = serve({operation_id: handler}).post(path, {})
    assert answer.code == "internal_error"
    assert set(answer.json) == {"type", "title", "status", "code", "detail", "request_id"}
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Thing)) == 0
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(errors) == 1
    assert rule is None or rule in errors[0]["rule"]


def test_a_declared_response_is_committed(serve: Serve, database: Database) -> None:
    def handler(*, session: Session) -> dict[str, Any]:
        return {"version": add_thing(session).version + 1}

    serve({"post_etag": handler}).post("/v1/etags")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Thing)) == 1
