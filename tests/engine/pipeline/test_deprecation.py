"""The headers, log field and metric of a deprecated operation."""

from copy import deepcopy
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from tests.asgi import Client
from tests.engine.application import CONTRACT, HANDLERS
from tests.engine.conftest import Serve

SINCE, END = {"x-deprecated-since": "2026-01-31"}, {"x-sunset": "2026-12-31"}


def deprecated(name: str = "get_tree", **words: str) -> Contract:
    document = deepcopy(CONTRACT.document)
    operation = next(o for item in document["paths"].values() for o in item.values() if name in o.values())
    operation |= {"deprecated": True, **words}
    return Contract(orjson.dumps(document))


def test_every_response_has_both_days(serve: Serve) -> None:
    answer = serve(HANDLERS, deprecated(**SINCE, **END)).get("/v1/trees/1")

    assert answer.headers["deprecation"] == "@1769817600"
    assert answer.headers["sunset"] == "Thu, 31 Dec 2026 00:00:00 GMT"


def test_without_an_end_there_is_no_sunset(serve: Serve) -> None:
    answer = serve(HANDLERS, deprecated(**SINCE)).get("/v1/trees/1")

    assert ("deprecation" in answer.headers, "sunset" in answer.headers) == (True, False)


def test_another_operation_has_neither_header(client: Client) -> None:
    assert not {"deprecation", "sunset"} & client.get("/v1/trees/1").headers.keys()


def test_the_log_names_the_callers(serve: Serve) -> None:
    client = serve(HANDLERS, deprecated("get_caller", **SINCE))

    with capture_logs() as logs:
        client.signed_in("alice").get("/v1/callers")
        client.get("/v1/trees/1")

    calls = [entry for entry in logs if entry.get("deprecated")]
    assert [(call["operation"], call["user_id"]) for call in calls] == [("get_caller", "usr_alice")]


def test_calls_are_counted(serve: Serve) -> None:
    client = serve(HANDLERS, deprecated(**SINCE))

    for _ in range(2):
        client.get("/v1/trees/1")

    assert b'orderly_deprecated_requests_total{operation="get_tree"} 2.0' in client.get("/metrics").body


def test_pages_of_other_origins_may_read_both_headers(serve: Serve) -> None:
    client = serve(HANDLERS, deprecated(**SINCE, **END), cors_origins="https://shop.example")

    answer = client.get("/v1/trees/1", {"Origin": "https://shop.example"})

    assert {"Deprecation", "Sunset"} <= set(answer.headers["access-control-expose-headers"].split(", "))


@pytest.mark.parametrize("words", [{}, {"x-deprecated-since": "soon"}, {**SINCE, "x-sunset": "2026-02-30"}])
def test_a_missing_or_invalid_day_is_refused_at_start(serve: Serve, words: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match="get_tree is deprecated: it needs x-deprecated-since"):
        serve(HANDLERS, deprecated(**words))
