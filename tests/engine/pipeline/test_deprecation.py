"""A deprecated operation says in every answer since when it is, and when it will end."""

from copy import deepcopy

import orjson
import pytest
from structlog.testing import capture_logs

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from tests.engine.pipeline.conftest import EVERYTHING

SINCE, END = {"x-deprecated-since": "2026-01-31"}, {"x-sunset": "2026-12-31"}


def deprecated(name: str = "get_tree", **words: str) -> Contract:
    document = deepcopy(Contract(EVERYTHING.read_bytes()).document)
    operation = next(o for item in document["paths"].values() for o in item.values() if name in o.values())
    operation |= {"deprecated": True, **words}
    return Contract(orjson.dumps(document))


def test_every_answer_has_both_days(serve):
    client = serve({}, deprecated(**SINCE, **END))
    answer = client.get("/v1/trees/1")
    assert answer.headers["deprecation"] == "@1769817600"
    assert answer.headers["sunset"] == "Thu, 31 Dec 2026 00:00:00 GMT"


def test_one_without_an_end_has_no_sunset(serve):
    answer = serve({}, deprecated(**SINCE)).get("/v1/trees/1")
    assert ("deprecation" in answer.headers, "sunset" in answer.headers) == (True, False)


def test_one_that_is_not_deprecated_has_neither(serve):
    answer = serve({}).get("/v1/trees/1")
    assert not {"deprecation", "sunset"} & answer.headers.keys()


def test_the_log_tells_who_still_calls_it(serve, sign_in):
    alice, served = sign_in(), serve({}, deprecated("get_caller", **SINCE))
    with capture_logs() as logs:
        served.get("/v1/callers", alice.own)
        served.get("/v1/trees/1")
    calls = [entry for entry in logs if entry["event"] == "request"]
    assert [(call["operation"], call["user_id"]) for call in calls if call.get("deprecated")] == [
        ("get_caller", alice.user.id)
    ]


def test_it_is_counted_how_often_it_is_still_called(serve):
    client = serve({}, deprecated(**SINCE))
    client.get("/v1/trees/1")
    client.get("/v1/trees/2")
    assert b'orderly_deprecated_requests_total{operation="get_tree"} 2.0' in client.get("/metrics").body


def test_pages_of_other_origins_may_read_both_days(serve):
    client = serve({}, deprecated(**SINCE, **END), cors_origins="https://shop.example")
    answer = client.get("/v1/trees/1", {"Origin": "https://shop.example"})
    assert {"Deprecation", "Sunset"} <= set(answer.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize("words", [{}, {"x-deprecated-since": "soon"}, {**SINCE, "x-sunset": "2026-02-30"}])
def test_one_that_does_not_say_since_when_is_refused_at_start(serve, words):
    with pytest.raises(ContractError, match="get_tree is deprecated: it needs x-deprecated-since"):
        serve({}, deprecated(**words))
