"""The command line and a sandbox, in the folder of the shop."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orderly.contract.model import Contract
from orderly.devtools.sandbox.sandbox import Sandbox, create_sandbox, sandbox_settings
from tests.asgi import Client, shut_down
from tests.commands import orderly
from tests.settings import make_settings
from tests.shop.application import APPLICATION, CONTRACT
from tests.shop.cli.conftest import shop

__all__ = ["orderly", "shop"]


def start_sandbox(folder: Path, loaded: Contract = CONTRACT) -> Sandbox:
    """Create and seed a sandbox."""
    sandbox = create_sandbox(sandbox_settings(make_settings(rate_limits=False), folder), APPLICATION, loaded)
    asyncio.run(sandbox.fill())
    return sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = start_sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    asyncio.run(shut_down(sandbox.app))


@pytest.fixture
def people(sandbox: Sandbox) -> dict[str, Any]:
    """A signed-in user of each role, in a sandbox after a reset."""
    assert Client(sandbox.app).post("/sandbox/reset").status == 204
    return {account.role: Client(sandbox.app).signed_in(account.token) for account in sandbox.accounts}
