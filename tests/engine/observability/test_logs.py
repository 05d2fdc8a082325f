"""The log: its fields, and the values that it never has."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from orderly.database.database import Database
from orderly.http.messages import ASGIApp
from orderly.observability import logs
from tests.asgi import Client, Response
from tests.engine.conftest import Serve
from tests.serving import ROOT
from tests.settings import make_settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CANARY = "canary-8f14e45fceea167a"
SLOW = {
    "postgresql": "SELECT pg_sleep(0.3)",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT count(*) FROM n",
}
"""Statements that take longer than the rest of a request."""


@pytest.fixture
def log(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Callable[[], str]]]:
    """A function that configures the log and returns a reader."""

    def log(**given: Any) -> Callable[[], str]:
        logs.configure(make_settings(**given))
        return lambda: capfd.readouterr().err

    yield log
    structlog.reset_defaults()


@pytest.fixture
def lines(log: Callable[..., Callable[[], str]]) -> Callable[[], list[dict[str, Any]]]:
    """A function that returns the lines since its last call, as JSON."""
    written = log(log_format="json")
    return lambda: [json.loads(line) for line in written().splitlines()]


@pytest.fixture
def post(serve: Serve) -> Callable[[Any, Any], Response]:
    """A function that posts a body to a handler of a test."""
    return lambda handler, body: serve({"post_everything": handler}).post("/v1/everything", body)


class TestRequestLine:
    def test_it_has_the_facts_of_the_request(
        self, lines: Callable[[], list[dict[str, Any]]], alice: Client, thing: str
    ) -> None:
        answer = alice.patch(
            thing, {"name": "jug"}, {"If-Match": "*", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        )

        [line] = lines()
        assert line.pop("duration_ms") > line.pop("database_ms") > 0
        assert line.pop("time").endswith("Z")
        assert line == {
            "level": "info",
            "event": "request",
            "request_id": answer.headers["x-request-id"],
            "trace_id": TRACE,
            "operation": "update_thing",
            "method": "PATCH",
            "path": "/v1/things/{thing_id}",
            "status": 200,
            "user_id": "usr_alice",
        }

    @pytest.mark.parametrize(
        ("target", "path", "operation", "status"),
        [
            ("/v1/things/alice@example.com", "/v1/things/{thing_id}", "get_thing", 400),
            ("/v1/things?email=alice@example.com", "/v1/things", "list_things", 400),
            ("/docs?email=alice@example.com", "/docs", None, 200),
            ("/v1/nothing%20here%0d%0a?email=alice@example.com", None, None, 404),
            ("/" + "a" * 9000, None, None, 414),
        ],
    )
    def test_a_path_is_its_template_without_the_query(
        self,
        lines: Callable[[], list[dict[str, Any]]],
        client: Client,
        target: str,
        path: str | None,
        operation: str | None,
        status: int,
    ) -> None:
        client.get(target)

        [line] = lines()
        assert (line["path"], line["operation"], line["status"]) == (path, operation, status)
        assert "alice" not in str(line)

    def test_an_unknown_method_is_not_logged(self, lines: Callable[[], list[dict[str, Any]]], client: Client) -> None:
        client("A" * 9000, "/v1/things")

        [line] = lines()
        assert (line["method"], line["status"]) == (None, 405)

    def test_the_time_of_the_database_is_a_field(
        self, lines: Callable[[], list[dict[str, Any]]], post: Callable[[Any, Any], Response], database: Database
    ) -> None:
        def wait(body: Any, *, session: Session) -> dict[str, Any]:
            session.execute(text(SLOW["sqlite" if database.is_sqlite else "postgresql"])).all()
            return {}

        post(wait, {})

        [line] = lines()
        assert line["duration_ms"] > line["database_ms"] > line["duration_ms"] / 2

    def test_without_the_database_its_time_is_zero(
        self, lines: Callable[[], list[dict[str, Any]]], client: Client
    ) -> None:
        client.get("/v1/things/1")

        assert [line["database_ms"] for line in lines()] == [0]

    @pytest.mark.parametrize(("method", "status"), [("GET", 200), ("PUT", 401)])
    def test_without_a_credential_there_is_no_user_id(
        self, lines: Callable[[], list[dict[str, Any]]], client: Client, method: str, status: int
    ) -> None:
        client(method, "/v1/callers")

        [line] = lines()
        assert (line["user_id"], line["status"]) == (None, status)

    def test_a_client_that_disconnects_has_no_status(
        self, lines: Callable[[], list[dict[str, Any]]], application: ASGIApp
    ) -> None:
        async def disconnect() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def impatient(scope: Any, receive: Any, send: Any) -> None:
            await application(scope, disconnect, send)

        Client(impatient).post("/v1/everything", {})

        [line] = lines()
        assert (line["operation"], line["status"]) == ("post_everything", None)

    def test_the_console_has_the_same_facts(self, log: Callable[..., Callable[[], str]], client: Client) -> None:
        written = log(log_format="console")

        client("PUT", "/v1/callers")

        [line] = written().splitlines()
        assert "operation=put_caller path=/v1/callers" in line
        assert "status=401" in line

    def test_a_log_on_a_full_disk_fails_no_request(
        self, log: Callable[..., Callable[[], str]], client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log(log_format="json")
        with io.TextIOWrapper(io.FileIO("/dev/full", "w")) as full:
            monkeypatch.setattr(sys, "stderr", full)

            assert client.get("/v1/trees/newest").status == 200
            assert client("PUT", "/v1/callers").status == 401


class TestTrace:
    @pytest.mark.parametrize("sent", [f"00-{TRACE}-00f067aa0ba902b7-00", f"01-{TRACE}-00f067aa0ba902b7-01-more"])
    def test_a_well_formed_one_is_logged(
        self, lines: Callable[[], list[dict[str, Any]]], client: Client, sent: str
    ) -> None:
        client.get("/v1/trees/newest", {"traceparent": sent})
        assert [line["trace_id"] for line in lines()] == [TRACE]

    @pytest.mark.parametrize(
        "sent",
        [
            [f"00-{TRACE}-00f067aa0ba902b7-01-more"],
            [f"00-{TRACE.upper()}-00f067aa0ba902b7-01"],
            [f"00-{'0' * 32}-00f067aa0ba902b7-01"],
            [f"00-{TRACE}-{'0' * 16}-01"],
            [f"ff-{TRACE}-00f067aa0ba902b7-01"],
            [f"00-{TRACE}-00f067aa0ba902b7"],
            [CANARY],
            [f"00-{TRACE}-00f067aa0ba902b7-01"] * 2,
        ],
    )
    def test_any_other_one_is_not_logged(
        self, lines: Callable[[], list[dict[str, Any]]], client: Client, sent: list[str]
    ) -> None:
        assert client.get("/v1/trees/newest", [("traceparent", each) for each in sent]).status == 200
        assert ["trace_id" in line for line in lines()] == [False]


@pytest.mark.parametrize("log_format", ["json", "console"])
class TestSecrets:
    def test_no_credential_and_no_body_is_logged(
        self, log: Callable[..., Callable[[], str]], alice: Client, log_format: str
    ) -> None:
        written = log(log_format=log_format)

        alice.post("/v1/things", {"name": CANARY}, {"Idempotency-Key": CANARY})
        alice.post("/v1/things", {CANARY: CANARY})
        alice.get(f"/v1/things?name={CANARY}", {"Cookie": CANARY, "User-Agent": CANARY})
        alice.with_key(CANARY).get("/v1/callers")
        alice.signed_in(CANARY).get("/v1/callers")

        logged = written()
        assert logged.count("create_thing") == 2
        assert "canary" not in logged

    def test_a_handler_that_crashes_is_logged_without_values(
        self, log: Callable[..., Callable[[], str]], post: Callable[[Any, Any], Response], log_format: str
    ) -> None:
        def crash(body: Any) -> None:
            int(body["uri"])

        written = log(log_format=log_format)

        answer = post(crash, {"uri": f"https://{CANARY}.example"})

        logged = written()
        assert (answer.status, answer.code) == (500, "internal_error")
        assert "builtins.ValueError" in logged
        assert "in crash" in logged
        assert logged.count(answer.json["request_id"]) == 2
        assert "canary" not in logged

    def test_a_statement_that_fails_is_logged_without_values(
        self, log: Callable[..., Callable[[], str]], post: Callable[[Any, Any], Response], log_format: str
    ) -> None:
        def insert(body: Any, *, session: Session) -> None:
            try:
                session.execute(text("INSERT INTO things (id, version) VALUES (:uri, 1)"), body)
            except Exception as error:
                raise RuntimeError(body) from error

        written = log(log_format=log_format)

        answer = post(insert, {"uri": f"https://{CANARY}.example"})

        logged = written()
        assert answer.status == 500
        assert logged.index("sqlalchemy.exc.IntegrityError") < logged.index("builtins.RuntimeError")
        assert "canary" not in logged


class TestErrors:
    def test_debugging_logs_the_messages_of_errors(
        self, log: Callable[..., Callable[[], str]], post: Callable[[Any, Any], Response]
    ) -> None:
        def crash(body: Any) -> None:
            raise RuntimeError("the message")

        written = log(log_format="console", debug=True)

        post(crash, {"uri": f"https://{CANARY}.example"})

        logged = written()
        assert "RuntimeError: the message" in logged
        assert "canary" not in logged

    def test_a_circle_of_causes_ends(self, lines: Callable[[], list[dict[str, Any]]]) -> None:
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first
        logs.log.error("unhandled_exception", exc_info=first)
        [line] = lines()
        assert line["exception"].count("which caused") == logs.MAX_EXCEPTION_CHAIN - 1


LIBRARY = """
import logging
import sys
from logging.config import dictConfig
from orderly.observability import logs
from sqlalchemy import text
from orderly.database.database import Database
from tests.settings import make_settings

dictConfig({"version": 1, **logs.logging_config(make_settings(log_format="json", debug=DEBUG))})
CANARY = sys.argv[1]  # not in the script: a traceback quotes its lines
try:
    raise ValueError(CANARY)
except ValueError:
    logging.getLogger("_granian").exception("It %s", "broke")
open("FILE", "w").close()
with Database("sqlite:///FILE").reading() as session:
    session.execute(text("SELECT :value"), {"value": CANARY})
"""


class TestLibraries:
    @staticmethod
    def run(folder: Path, debug: bool) -> list[dict[str, Any]]:
        script = LIBRARY.replace("DEBUG", str(debug)).replace("FILE", str(folder / "orderly.db"))
        ended = subprocess.run(
            [sys.executable, "-c", script, CANARY], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        return [json.loads(line) for line in ended.stderr.splitlines()]

    def test_their_lines_have_the_same_fields(self, tmp_path: Path) -> None:
        [line] = self.run(tmp_path, debug=False)
        assert (line["event"], line["level"]) == ("It broke", "error")
        assert line["exception"].endswith("\nbuiltins.ValueError")
        assert CANARY not in str(line)

    def test_debugging_logs_statements_without_values(self, tmp_path: Path) -> None:
        _, *lines = self.run(tmp_path, debug=True)
        assert "SELECT ?" in [line["event"] for line in lines]
        assert CANARY not in str(lines)
