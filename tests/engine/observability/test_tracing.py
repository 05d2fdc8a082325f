"""Traces: what a collector of OpenTelemetry is told, and what nobody is."""

import asyncio
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from sqlalchemy import text
from sqlalchemy.orm import Session

from orderly.config.settings import CommandError
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.contract_coverage.capture import recorded
from tests.engine.observability.otlp_collector import attributes, collecting
from tests.serving import served
from tests.settings import make_settings
from tests.shop.application import migrate
from tests.shop.factories import PASSWORD

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
CANARY = "canary-8f14e45fceea167a"


@pytest.fixture
def collector():
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced(database, collector):
    """Makes a service that sends its spans there, and has sent them all at the end of the block."""

    @contextmanager
    def traced(**given):
        settings = make_settings(database_url=url_of(database), rate_limits=False, traces_url=collector.url)
        app = create_shop(settings, **given)
        yield Client(recorded(app))
        asyncio.run(shut_down(app))

    return traced


def test_a_request_is_a_span_named_by_its_operation(traced, collector, sign_in):
    alice = sign_in("alice")
    with traced() as client:
        answer = Client(client.app, alice.own).get("/v1/me", SENT)
    server, *_ = collector.of(TRACE)
    assert (server.name, server.kind, server.parent_span_id.hex()) == ("get_me", Span.SPAN_KIND_SERVER, PARENT)
    assert attributes(server) == {
        "http.request.method": "GET",
        "http.route": "/v1/me",
        "http.response.status_code": 200,
        "orderly.request_id": answer.headers["x-request-id"],
        "user.id": alice.user.id,
    }
    assert collector.resource["service.name"] == "orderly"


def test_each_question_to_the_database_is_a_span_below_it(traced, collector, database):
    with traced() as client:
        client.post("/v1/users", {"email": "alice@example.com", "password": PASSWORD, "name": "Alice"}, SENT)
    server, *asked = collector.of(TRACE)
    assert {(span.kind, span.parent_span_id) for span in asked} == {(Span.SPAN_KIND_CLIENT, server.span_id)}
    assert {attributes(span)["db.system.name"] for span in asked} == {"sqlite" if database.is_sqlite else "postgresql"}
    names = [span.name for span in asked]
    assert names.index("INSERT") < names.index("COMMIT")
    [insert, *_] = [attributes(span)["db.query.text"] for span in asked if span.name == "INSERT"]
    assert insert.startswith("INSERT INTO users")


def test_without_a_traceparent_a_trace_begins_and_the_log_tells_it(traced, collector, capfd):
    with traced() as client:
        client.get("/v1/health/ready")
    [server] = [span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    assert not server.parent_span_id
    assert server.trace_id.hex() in capfd.readouterr().out


@pytest.mark.parametrize("sent", [[CANARY], [SENT["traceparent"]] * 2, [f"00-{TRACE}-{PARENT}-00"]])
def test_of_a_trace_that_is_not_wanted_or_not_one_nothing_is_told(traced, collector, sent):
    with traced() as client:
        assert client.get("/v1/health/live", [("traceparent", each) for each in sent]).status == 200
    assert collector.of(TRACE) == []


def test_a_fault_is_marked_and_a_refusal_is_not(traced, collector):
    def crash(body, *, session: Session):
        session.execute(text("INSERT INTO users (id) VALUES (:password)"), body)

    with traced(handlers=lambda o: crash if o.operation_id == "create_token" else None) as client:
        client.post("/v1/tokens", {"email": "alice@example.com", "password": CANARY}, SENT)
        client("PWN", f"/v1/{CANARY}", headers=SENT)
    spans = collector.of(TRACE)
    assert [span.name for span in spans if span.status.code == Status.STATUS_CODE_ERROR] == ["create_token", "INSERT"]
    assert [attributes(span)["error.type"] for span in spans if "error.type" in attributes(span)] == [
        "500",
        "IntegrityError" if "sqlite" in str(spans) else "NotNullViolation",
    ]
    assert attributes(spans[-1])["http.request.method"] == "_OTHER"
    assert CANARY.encode() not in collector.sent


def test_nothing_that_a_caller_sent_in_secret_is_told(traced, collector):
    with traced() as client:
        client.post("/v1/users", {"email": "canary@example.com", "password": f"{CANARY} {PASSWORD}", "name": CANARY})
        signed_in = client.post("/v1/tokens", {"email": "canary@example.com", "password": f"{CANARY} {PASSWORD}"}).json
        client.signed_in(signed_in["access_token"]).get(f"/v1/me?q={CANARY}", {"Cookie": CANARY, "User-Agent": CANARY})
        client.post("/v1/tokens/refresh", {"refresh_token": signed_in["refresh_token"]})
        client.get(f"/v1/products/{CANARY}")
    assert len(collector.spans) > 10
    secrets = ["canary", signed_in["access_token"], signed_in["refresh_token"]]
    assert [secret for secret in secrets if secret.encode() in collector.sent] == []


def test_a_service_sends_what_it_has_before_it_ends(tmp_path, collector):
    url = f"sqlite:///{tmp_path / 'orderly.db'}"
    migrate(url)
    with served(tmp_path, url, traces_url=collector.url) as service:
        httpx.get(f"{service.url}/v1/health/live", headers=SENT)
    assert [span.name for span in collector.of(TRACE)] == ["get_liveness"]


def test_a_service_without_the_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "orderly.observability.tracing", raising=False)
    with pytest.raises(CommandError, match=r"pip install 'orderly-api\[traces\]'"):
        create_shop(make_settings(traces_url="http://127.0.0.1:1/v1/traces"))


def test_who_wants_no_traces_imports_nothing_of_them():
    script = (
        "import sys, orderly.server.server; print([name for name in sys.modules if 'opentelemetry.exporter' in name])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"
