"""The command `orderly health`: its line and exit code."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.commands import CommandResult
from tests.serving import START, Served, free_port, served


@pytest.fixture
def serving(
    new_file: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AbstractContextManager[Served]]:
    """A function that serves a shop at the port of the commands."""

    def serving(**settings: Any) -> AbstractContextManager[Served]:
        monkeypatch.setenv("ORDERLY_SECRET_KEY", "f" * 32)
        for name, value in settings.items():
            monkeypatch.setenv(f"ORDERLY_{name.upper()}", str(value))
        return served(shop, f"sqlite:///{new_file}", wait=False, **settings)

    return serving


def until_ready(
    orderly: Callable[..., CommandResult], service: Served, monkeypatch: pytest.MonkeyPatch
) -> CommandResult:
    """Repeat the command until the service is ready, and return its result."""
    monkeypatch.setenv("ORDERLY_PORT", service.url.rpartition(":")[2])
    end = time.monotonic() + START
    while (result := orderly("health")).code != 0 and time.monotonic() < end:
        time.sleep(0.1)
    return result


def test_a_service_that_is_ready_and_then_stops(
    orderly: Callable[..., CommandResult],
    serving: Callable[..., AbstractContextManager[Served]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(shutdown_delay=3) as service:
        assert until_ready(orderly, service, monkeypatch).out == f"{service.url} is ready.\n"
        service.process.terminate()
        while (result := orderly("health")).code == 0:
            time.sleep(0.05)
        assert (result.out, result.err) == (
            "",
            "The service is unavailable: a shutdown is in progress. Try again later.\n",
        )


def test_a_service_with_a_certificate_for_another_name(
    orderly: Callable[..., CommandResult],
    serving: Callable[..., AbstractContextManager[Served]],
    monkeypatch: pytest.MonkeyPatch,
    shop: Path,
) -> None:
    issued = trustme.CA().issue_cert("shop.example")
    issued.cert_chain_pems[0].write_to_path(shop / "shop.pem")
    issued.private_key_pem.write_to_path(shop / "shop.key")
    with serving(tls_cert_file=shop / "shop.pem", tls_key_file=shop / "shop.key") as service:
        assert until_ready(orderly, service, monkeypatch).out.startswith("https://127.0.0.1:")


def test_unreachable_service_is_an_error(
    orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERLY_PORT", str(port := free_port()))
    result = orderly("health")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"Cannot reach http://127.0.0.1:{port}: no service responds. Check that it runs with the same settings.\n"
    )
