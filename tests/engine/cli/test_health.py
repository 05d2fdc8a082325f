"""`orderly health`: the path that it queries."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orderly.cli.health import readiness_path
from orderly.config.application import find_application
from orderly.config.errors import CommandError
from tests.commands import CommandResult
from tests.engine.cli.conftest import CONTRACT, configure


def test_it_is_that_of_the_contracts_operation(application: Path) -> None:
    (application / "openapi" / "openapi.yaml").write_text(CONTRACT.replace("/pets:", "/internal/health/ready:"))
    assert readiness_path(find_application()) == "/pets-api/internal/health/ready"


def test_the_application_may_name_another(application: Path) -> None:
    configure(application, readiness="/pets-api/pets")
    assert readiness_path(find_application()) == "/pets-api/pets"


def test_without_either_it_is_refused(application: Path) -> None:
    with pytest.raises(CommandError, match=r"no operation GET \.\.\./health/ready"):
        readiness_path(find_application())


def test_health_makes_no_secret(
    orderly: Callable[..., CommandResult], application: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(application, readiness="/pets-api/pets")
    monkeypatch.setenv("ORDERLY_PORT", "1")
    assert orderly("health").err.startswith("Cannot reach http://127.0.0.1:1: ")
    assert not (application / "data").exists()
