"""Traces, as an OpenTelemetry collector receives them."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from sqlalchemy import text
from sqlalchemy.orm import Session

from orderly.config.errors import CommandError
from orderly.database.database import Database
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.engine.application import HANDLERS, Functions, create
from tests.engine.observability.otlp_collector import Collector, attributes, collecting
from tests.engine.server.conftest import READY
from tests.serving import served
from tests.settings import make_settings

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
CANARY = "canary-8f14e45fceea167a"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector on loopback."""
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced(database: Database, collector: Collector) -> Callable[..., AbstractContextManager[Client]]:
    """A function that serves handlers, and then sends all spans."""

    @contextmanager
    def traced(handlers: dict[str, Any] | Functions = HANDLERS) -> Iterator[Client]:
        app = create(
            make_settings(database_url=url_of(database), rate_limits=False, traces_url=collector.url), handlers
        )
        yield Client(app)
        asyncio.run(shut_down(app))

    return traced


def test_a_request_is_a_span_named_by_its_operation(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector
) -> None:
    with traced() as client:
        answer = client.signed_in("alice").get("/v1/callers", SENT)

    server, *_ = collector.of(TRACE)
    assert (server.name, server.kind, server.parent_span_id.hex()) == ("get_caller", Span.SPAN_KIND_SERVER, PARENT)
    assert attributes(server) == {
        "http.request.method": "GET",
        "http.route": "/v1/callers",
        "http.response.status_code": 200,
        "orderly.request_id": answer.headers["x-request-id"],
        "user.id": "usr_alice",
    }
    assert collector.resource["service.name"] == "orderly"


def test_a_statement_is_a_span_below_the_request(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector, database: Database
) -> None:
    with traced() as client:
        client.signed_in("alice").post("/v1/things", {"name": "cup"}, SENT)

    server, *statements = collector.of(TRACE)
    system = "sqlite" if database.is_sqlite else "postgresql"
    assert {(span.kind, span.parent_span_id) for span in statements} == {(Span.SPAN_KIND_CLIENT, server.span_id)}
    assert {attributes(span)["db.system.name"] for span in statements} == {system}
    names = [span.name for span in statements]
    assert names.index("INSERT") < names.index("COMMIT")
    assert attributes(statements[names.index("INSERT")])["db.query.text"].startswith("INSERT INTO things")


def test_without_a_traceparent_a_trace_begins(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector, capfd: pytest.CaptureFixture[str]
) -> None:
    with traced() as client:
        client.get("/v1/things")

    [server] = [span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert not server.parent_span_id
    assert server.trace_id.hex() in capfd.readouterr().out


@pytest.mark.parametrize("sent", [[CANARY], [SENT["traceparent"]] * 2, [f"00-{TRACE}-{PARENT}-00"]])
def test_an_invalid_or_unsampled_trace_is_not_sent(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector, sent: list[str]
) -> None:
    with traced() as client:
        client.get("/v1/trees/newest", [("traceparent", each) for each in sent])

    assert collector.of(TRACE) == []


def test_an_internal_error_is_marked(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector
) -> None:
    def crash(body: Any, *, session: Session) -> None:
        session.execute(text("INSERT INTO things (id) VALUES (:uri)"), body)

    with traced({"post_everything": crash}) as client:
        client.post("/v1/everything", {"uri": f"https://{CANARY}.example"}, SENT)

    spans = [span for span in collector.of(TRACE) if span.status.code == Status.STATUS_CODE_ERROR]
    assert [span.name for span in spans] == ["post_everything", "INSERT"]
    assert attributes(spans[0])["error.type"] == "500"
    assert attributes(spans[1])["error.type"] in ("IntegrityError", "NotNullViolation")
    assert CANARY.encode() not in collector.sent


def test_a_rejected_request_is_not_marked(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector
) -> None:
    with traced() as client:
        client("PWN", f"/v1/{CANARY}", headers=SENT)

    [span] = collector.of(TRACE)
    assert span.status.code != Status.STATUS_CODE_ERROR
    assert attributes(span)["http.request.method"] == "_OTHER"
    assert CANARY.encode() not in collector.sent


def test_no_value_of_a_request_is_sent(
    traced: Callable[..., AbstractContextManager[Client]], collector: Collector
) -> None:
    with traced() as client:
        alice = client.signed_in("alice")
        alice.post("/v1/things", {"name": CANARY}, {"Idempotency-Key": CANARY})
        alice.get(f"/v1/things?name={CANARY}", {"Cookie": CANARY, "User-Agent": CANARY})
        client.signed_in(CANARY).get("/v1/callers")

    assert len(collector.spans) > 5
    assert b"canary" not in collector.sent


def test_a_service_sends_its_spans_before_it_ends(tmp_path: Path, collector: Collector) -> None:
    with served(tmp_path, "", application=READY, traces_url=collector.url) as service:
        httpx.get(f"{service.url}/v1/health/ready", headers=SENT)

    assert [span.name for span in collector.of(TRACE)] == ["get_readiness"]


def test_without_the_extra_an_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "orderly.observability.tracing", raising=False)

    with pytest.raises(CommandError, match=r"pip install 'orderly-api\[traces\]'"):
        create(make_settings(traces_url="http://127.0.0.1:1/v1/traces"))


def test_without_traces_no_exporter_is_imported() -> None:
    script = (
        "import sys, orderly.server.server; print([name for name in sys.modules if 'opentelemetry.exporter' in name])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert ended.stdout.strip() == "[]"
