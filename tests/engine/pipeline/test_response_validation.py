"""A handler that answers what the contract does not declare: 500, nothing kept, and the log says which rule broke."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from db.users import User
from orderly.errors import Conflict
from tests.shop.factories import make_user


class Undeclared(Conflict):
    """A refusal that the operation does not declare."""

    code = "undeclared"


def raise_undeclared():
    raise Undeclared


def raise_bug():
    raise RuntimeError("SELECT secret FROM /srv/orderly")


BROKEN = [  # what the handler does, where, and what the log must say of it
    ("post_answer", "/v1/answers", raise_undeclared, "post_answer: status 409 is not declared"),
    ("post_answer", "/v1/answers", lambda: {"recursion": {"name": "a", "x": 1}}, "/recursion/x breaks `additionalProp"),
    ("post_answer", "/v1/answers", lambda: {"recursion": {}}, "/recursion/name breaks `required`"),
    ("post_answer", "/v1/answers", lambda: {"integer": "1"}, "/integer breaks `type`"),
    ("post_answer", "/v1/answers", lambda: None, "breaks `type`"),
    ("post_answer", "/v1/answers", lambda: {"integer": {1, 2}}, None),
    ("post_answer", "/v1/answers", raise_bug, None),
    ("post_header", "/v1/headers", dict, "header X-Missing is required"),
    ("post_etag", "/v1/etags", lambda: {"version": 3}, "header ETag breaks `pattern`"),
    ("post_nothing", "/v1/nothing", dict, "has a body, and none is declared"),
]


@pytest.mark.parametrize(("operation_id", "path", "misbehave", "rule"), BROKEN)
def test_a_broken_promise_is_a_fault_of_ours(serve, database, operation_id, path, misbehave, rule):
    def handler(*, session: Session):
        make_user(session)
        return misbehave()

    with capture_logs() as logs:
        answer = serve({operation_id: handler}).post(path, {})
    assert answer.code == "internal_error"
    assert set(answer.json) == {"type", "title", "status", "code", "detail", "request_id"}
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(errors) == 1
    assert rule is None or rule in errors[0]["rule"]


def test_a_kept_promise_is_committed(serve, database):
    def handler(*, session: Session):
        return {"version": make_user(session).version + 1}

    serve({"post_etag": handler}).post("/v1/etags")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
