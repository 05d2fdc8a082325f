"""The log: what a line tells, and what never stands in any."""

import asyncio
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from orderly.observability import access_log
from tests.applications import create_shop
from tests.asgi import Client, shut_down
from tests.conftest import url_of
from tests.settings import make_settings
from tests.shop.factories import PASSWORD

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CANARY = "canary-8f14e45fceea167a"
SLOW = {
    "postgresql": "SELECT pg_sleep(0.3)",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT count(*) FROM n",
}
"""Statements that take longer than all else in a request."""


@pytest.fixture
def log(capfd):
    """Logs as the settings say, until the test ends: `log(log_format="json")` gives what tells what was written."""

    def log(**given):
        access_log.configure(make_settings(**given))
        return lambda: capfd.readouterr().err

    yield log
    structlog.reset_defaults()


@pytest.fixture
def lines(log):
    """What has been logged since the last time, as JSON."""
    written = log(log_format="json")
    return lambda: [json.loads(line) for line in written().splitlines()]


@pytest.fixture
def broken_service(database):
    """Makes a service in which signing in is handled by the function that is given, and nothing else at all."""
    made = []

    def broken_service(handler):
        settings = make_settings(database_url=url_of(database), rate_limits=False)
        made.append(create_shop(settings, handlers=lambda o: handler if o.operation_id == "create_token" else None))
        return Client(made[-1])

    yield broken_service
    for app in made:
        asyncio.run(shut_down(app))


class TestRequestLine:
    def test_it_tells_what_was_asked_by_whom_and_what_came_of_it(self, lines, sign_in):
        alice = sign_in("alice")
        answer = alice.get("/v1/me", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
        [line] = lines()
        assert line.pop("duration_ms") > line.pop("database_ms") > 0
        assert line.pop("time").endswith("Z")
        assert line == {
            "level": "info",
            "event": "request",
            "request_id": answer.headers["x-request-id"],
            "trace_id": TRACE,
            "operation": "get_me",
            "method": "GET",
            "path": "/v1/me",
            "status": 200,
            "user_id": alice.user.id,
        }

    @pytest.mark.parametrize(
        ("target", "path", "operation", "status"),
        [
            ("/v1/users/alice@example.com", "/v1/users/{user_id}", "get_user", 401),
            ("/v1/users?email=alice@example.com", "/v1/users", "list_users", 401),
            ("/docs?email=alice@example.com", "/docs", None, 200),
            ("/v1/nothing%20here%0d%0a?email=alice@example.com", None, None, 404),
            ("/" + "a" * 9000, None, None, 414),
        ],
    )
    def test_a_path_is_told_as_its_template_and_without_the_query(self, lines, client, target, path, operation, status):
        client.get(target)
        [line] = lines()
        assert (line["path"], line["operation"], line["status"]) == (path, operation, status)
        assert "alice" not in str(line)

    def test_a_method_that_nobody_knows_is_not_told(self, lines, client):
        client("A" * 9000, "/v1/me")
        [line] = lines()
        assert (line["method"], line["status"]) == (None, 405)

    def test_what_the_database_takes_is_told_apart(self, lines, broken_service, database):
        slow = SLOW["sqlite" if database.is_sqlite else "postgresql"]

        def wait(body, *, session: Session):
            session.execute(text(slow)).all()

        service = broken_service(wait)
        service.post("/v1/tokens", {"email": "alice@example.com", "password": PASSWORD})
        service.get("/v1/health/live")
        *_, asked, live = lines()
        assert asked["duration_ms"] > asked["database_ms"] > asked["duration_ms"] / 2
        assert live["database_ms"] == 0

    def test_nobody_is_the_caller_of_what_is_public_or_refused(self, lines, client):
        client.get("/v1/health/ready")
        client.get("/v1/me")
        assert [(line["user_id"], line["status"]) for line in lines()] == [(None, 200), (None, 401)]

    def test_a_client_that_hangs_up_gets_a_line_without_a_status(self, lines, application):
        async def hang_up():
            return {"type": "http.disconnect"}

        async def impatient(scope, receive, send):
            await application(scope, hang_up, send)

        assert Client(impatient).post("/v1/users", {}).code == "validation_error"
        [line] = lines()
        assert (line["operation"], line["status"]) == ("create_user", None)

    def test_people_read_the_same_facts(self, log, client):
        written = log(log_format="console")
        client.get("/v1/me")
        [line] = written().splitlines()
        assert "operation=get_me path=/v1/me" in line
        assert "status=401" in line

    def test_a_log_that_cannot_be_written_stops_nothing(self, log, client, monkeypatch):
        log(log_format="json")
        with io.TextIOWrapper(io.FileIO("/dev/full", "w")) as full:
            monkeypatch.setattr(sys, "stderr", full)
            assert client.get("/v1/health/live").status == 200
            assert client.get("/v1/me").status == 401


class TestTrace:
    @pytest.mark.parametrize("sent", [f"00-{TRACE}-00f067aa0ba902b7-00", f"01-{TRACE}-00f067aa0ba902b7-01-more"])
    def test_a_well_formed_one_is_told(self, lines, client, sent):
        client.get("/v1/health/live", {"traceparent": sent})
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
    def test_any_other_one_is_not(self, lines, client, sent):
        assert client.get("/v1/health/live", [("traceparent", each) for each in sent]).status == 200
        assert ["trace_id" in line for line in lines()] == [False]


@pytest.mark.parametrize("log_format", ["json", "console"])
class TestSecrets:
    def test_no_credential_and_no_body_is_told(self, log, client, sign_in, log_format):
        written = log(log_format=log_format)
        email, password = "canary@example.com", f"{CANARY} {PASSWORD}"
        assert client.post("/v1/users", {"email": email, "password": password, "name": CANARY}).status == 201
        signed_in = client.post("/v1/tokens", {"email": email, "password": password}).json
        client.post("/v1/tokens", {"email": email, "password": CANARY})
        client.post("/v1/users", {"email": CANARY, "password": "canary", CANARY: CANARY})
        renewed = client.post("/v1/tokens/refresh", {"refresh_token": signed_in["refresh_token"]}).json
        alice = client.signed_in(renewed["access_token"])
        key = alice.post("/v1/api-keys", {"name": CANARY, "scopes": ["me:read"]}, {"Idempotency-Key": CANARY}).json
        client.with_key(key["secret"]).get("/v1/me")
        client.get("/v1/me", {"Authorization": f"Bearer {CANARY}", "Cookie": CANARY, "User-Agent": CANARY})
        sign_in("carol").get(f"/v1/users?email={email}")
        written_log = written()
        assert written_log.count("create_token") == 2
        secrets = [*signed_in.values(), *renewed.values(), key["secret"], "canary", CANARY]
        assert [
            secret for secret in secrets if isinstance(secret, str) and len(secret) > 6 and secret in written_log
        ] == []
        assert "canary" not in written_log

    def test_a_handler_that_crashes_tells_where_and_not_with_what(self, log, broken_service, log_format):
        def crash(body):
            int(body["password"])

        written = log(log_format=log_format)
        answer = broken_service(crash).post("/v1/tokens", {"email": "canary@example.com", "password": CANARY * 2})
        assert (answer.status, answer.code) == (500, "internal_error")
        written_log = written()
        assert "builtins.ValueError" in written_log
        assert "in crash" in written_log
        assert written_log.count(answer.json["request_id"]) == 2
        assert "canary" not in written_log

    def test_a_statement_that_fails_is_told_without_its_parameters(self, log, broken_service, log_format):
        def insert(body, *, session: Session):
            statement = "INSERT INTO users (id, email, email_key) VALUES (:email, :email, :password)"
            try:
                session.execute(text(statement), body)
            except Exception as error:
                raise RuntimeError(body) from error

        written = log(log_format=log_format)
        answer = broken_service(insert).post("/v1/tokens", {"email": "canary@example.com", "password": CANARY})
        assert answer.status == 500
        written_log = written()
        assert written_log.index("sqlalchemy.exc.IntegrityError") < written_log.index("builtins.RuntimeError")
        assert "canary" not in written_log


class TestErrors:
    def test_debugging_tells_the_messages_of_errors(self, log, broken_service):
        def crash(body):
            raise RuntimeError("the message")

        written = log(log_format="console", debug=True)
        broken_service(crash).post("/v1/tokens", {"email": "canary@example.com", "password": CANARY})
        written_log = written()
        assert "RuntimeError: the message" in written_log
        assert "canary" not in written_log

    def test_an_error_that_leads_in_a_circle_ends(self, lines):
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first
        access_log.log.error("unhandled_exception", exc_info=first)
        [line] = lines()
        assert line["exception"].count("which led to") == access_log.MAX_EXCEPTION_CHAIN - 1


LIBRARY = """
import logging
import sys
from logging.config import dictConfig
from orderly.observability import access_log
from sqlalchemy import text
from orderly.database.database import Database
from tests.settings import make_settings

dictConfig({"version": 1, **access_log.logging_config(make_settings(log_format="json", debug=DEBUG))})
CANARY = sys.argv[1]  # a traceback quotes what stands here
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
    def heard(folder, debug):
        script = LIBRARY.replace("DEBUG", str(debug)).replace("FILE", str(folder / "orderly.db"))
        root = Path(__file__).parent.parent
        ended = subprocess.run(
            [sys.executable, "-c", script, CANARY], cwd=root, capture_output=True, text=True, timeout=60, check=True
        )
        return [json.loads(line) for line in ended.stderr.splitlines()]

    def test_they_are_heard_in_the_same_shape(self, tmp_path):
        [line] = self.heard(tmp_path, debug=False)
        assert (line["event"], line["level"]) == ("It broke", "error")
        assert line["exception"].endswith("\nbuiltins.ValueError")
        assert CANARY not in str(line)

    def test_debugging_tells_statements_without_their_parameters(self, tmp_path):
        _, *lines = self.heard(tmp_path, debug=True)
        assert "SELECT ?" in [line["event"] for line in lines]
        assert CANARY not in str(lines)
