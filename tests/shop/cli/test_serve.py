"""The command `orderly serve`: start, stop and errors before a port is open."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from orderly.database.database import Database
from tests.serving import free_port
from tests.shop.application import CONTRACT_FILE

SERVE = [sys.executable, "-m", "orderly", "serve"]
PRODUCTION = {"ORDERLY_ENV": "production", "ORDERLY_SECRET_KEY": "f" * 32}
POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
"""A command prefix that removes the permission of root to write everywhere."""


@pytest.fixture
def taken() -> Iterator[Any]:
    """A port in use: a service that opens it reports that instead."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        yield listener.getsockname()[1]
        with pytest.raises(BlockingIOError):
            listener.accept()


def serve(port: int, *words: str, prefix: Sequence[Any] = (), **variables: Any) -> subprocess.CompletedProcess[str]:
    """Return the result of a service that must not start."""
    environment = {**os.environ, "ORDERLY_PORT": str(port), **variables}
    return subprocess.run(
        [*prefix, *SERVE, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def break_the_contract(shop: Path, database: Database) -> dict[str, Any]:
    (shop / "openapi").unlink()
    (shop / "openapi").mkdir()
    source = CONTRACT_FILE.read_text().replace("operationId: get_me", "operationId: list_users")
    (shop / "openapi" / "openapi.yaml").write_text(source)
    return {}


def make_it_newer(shop: Path, database: Database) -> dict[str, Any]:
    with database.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    return {}


def remove_it(shop: Path, database: Database) -> dict[str, str]:
    (shop / "data" / "orderly.db").unlink()
    return PRODUCTION


def write_protect(shop: Path, database: Database) -> dict[str, str]:
    database.close()
    (shop / "data").chmod(0o500)
    return PRODUCTION


class TestStartErrors:
    @pytest.mark.parametrize(
        ("spoil", "line"),
        [
            (break_the_contract, "operationId 'list_users' is used twice: GET /users and GET /me; rename one"),
            (make_it_newer, "The database is at revision 9999, which this version of Orderly does not know"),
            (remove_it, "The database data/orderly.db is empty: run `orderly db upgrade` first."),
            (
                write_protect,
                "Cannot write data/orderly.db: make the file and its folder writable for the user of the service.",
            ),
            (lambda *_: {"ORDERLY_ENV": "production"}, "ORDERLY_SECRET_KEY is missing. Set it to 32 bytes or more"),
            (lambda *_: {**PRODUCTION, "ORDERLY_DEBUG": "on"}, "ORDERLY_DEBUG is not allowed in production. Remove it"),
            (lambda *_: {}, "the address is not available or in use. Set ORDERLY_HOST or ORDERLY_PORT."),
        ],
        ids=["broken", "newer", "unmigrated", "readonly", "secret", "debug", "taken"],
    )
    def test_invalid_start_is_one_line_and_opens_no_port(
        self, shop: Path, migrated_shop: Database, taken: Any, spoil: Callable[..., Any], line: str
    ) -> None:
        variables = spoil(shop, migrated_shop)
        prefix = POWERLESS if spoil is write_protect and os.geteuid() == 0 else []
        ended = serve(taken, prefix=prefix, **variables)
        (shop / "data").chmod(0o700)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1), ended
        assert line in ended.stderr

    def test_address_of_another_machine_is_an_error(self, migrated_shop: Database) -> None:
        ended = serve(8000, ORDERLY_HOST="192.0.2.1")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.startswith("Cannot bind 192.0.2.1:8000: ")

    def test_the_option_for_the_port_overrides_the_setting(self, migrated_shop: Database, taken: int) -> None:
        ended = serve(free_port(), "--port", str(taken))

        assert f":{taken}: " in ended.stderr


class TestService:
    def test_service_prints_its_urls_serves_logs_and_stops(self, migrated_shop: Database) -> None:
        port = free_port()
        environment = {**os.environ, **PRODUCTION, "ORDERLY_PORT": str(port)}
        with subprocess.Popen(
            SERVE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as service:
            try:
                assert service.stdout is not None
                assert service.stdout.readline() == f"Orderly serves its API at http://127.0.0.1:{port}/v1\n"
                assert service.stdout.readline() == f"and its documentation at http://127.0.0.1:{port}/docs\n"
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/health/ready", timeout=10) as response:
                    assert response.status == 200
                    request_id = response.headers["X-Request-Id"]
            finally:
                service.send_signal(signal.SIGTERM)
                out, err = service.communicate(timeout=60)
        assert (service.returncode, out) == (0, "")
        lines = [json.loads(line) for line in err.splitlines()]
        [line] = [line for line in lines if line.get("request_id") == request_id]
        assert (line["operation"], line["status"]) == ("get_readiness", 200)
