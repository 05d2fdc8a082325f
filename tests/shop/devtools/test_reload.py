"""`orderly serve --reload`: valid saves are served, invalid ones reported."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orderly.app import Extras
from orderly.contract.loader import ContractError
from orderly.devtools.sandbox.reloader import Reloader, describe
from orderly.devtools.sandbox.sandbox import SandboxState, create_sandbox, sandbox_settings
from tests.applications import create_shop
from tests.asgi import Client
from tests.serving import ROOT
from tests.settings import make_settings
from tests.shop.application import APPLICATION, CONTRACT_FILE

SOURCE = CONTRACT_FILE.read_bytes()
SPLIT = ROOT / "tests" / "engine" / "pipeline" / "third_party" / "split"
TITLE = b"title: Orderly"


def line_of(text: bytes) -> int:
    """Return the first line of a text in the contract."""
    return SOURCE[: SOURCE.index(text)].count(b"\n") + 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A contract in a file that tests can change."""
    file = tmp_path / "openapi.yaml"
    file.write_bytes(SOURCE)
    return file


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def reloading(file: Path, reported: list[str], tmp_path: Path) -> Reloader:
    settings = make_settings(database_url=f"sqlite:///{tmp_path}/orderly.db")
    return Reloader(
        file, lambda loaded: create_shop(settings, loaded, extras=Extras(scripts=["reload.js"])), reported.append
    )


def test_valid_save_is_served_and_the_database_stays(file: Path, reported: list[str], tmp_path: Path) -> None:
    settings, state = sandbox_settings(make_settings(rate_limits=False), tmp_path), SandboxState()
    reloading = Reloader(
        file, lambda loaded: create_sandbox(settings, APPLICATION, loaded, state=state).app, reported.append
    )

    async def run() -> None:
        await reloading.start()
        client = Client(reloading)
        accounts = (await client.call("GET", "/sandbox/accounts")).json["accounts"]
        staff = client.signed_in(next(a["token"] for a in accounts if a["role"] == "staff"))
        body = {"sku": "NEW-1", "name": "New", "price": {"amount": 1, "currency": "EUR"}}
        created = (await staff.call("POST", "/v1/products", body)).json
        file.write_bytes(SOURCE.replace(TITLE, b"title: Tidily"))
        await reloading.reload_if_changed()
        assert (await client.call("GET", "/openapi.json")).json["info"]["title"] == "Tidily"
        assert (await client.call("GET", "/docs/reload")).json == {"count": 1, "error": None}
        assert (await staff.call("GET", f"/v1/products/{created['id']}")).json == created
        await reloading.stop()

    asyncio.run(run())
    assert reported == ["Reloaded openapi.yaml."]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (TITLE, b"title: [Orderly", line_of(TITLE) + 1, "did not find expected"),
        (b"  /users:\n", b"  /users:\n    get: 1\n", line_of(b"  /users:\n") + 2, "twice"),
        (
            b"      operationId: list_users\n",
            b"",
            line_of(b"  /users:\n") + 1,
            "GET /users needs an operationId and a tag",
        ),
        (b'components/schemas/Role"', b'components/schemas/Rule"', None, "does not resolve"),
        (b"operationId: get_me\n", b"operationId: get_user\n", None, "twice"),
    ],
)
def test_invalid_save_is_reported_with_its_line(
    reloading: Reloader, file: Path, reported: list[str], old: bytes, new: bytes, line: int | None, message: str
) -> None:
    async def run() -> None:
        await reloading.start()
        assert old in SOURCE
        file.write_bytes(SOURCE.replace(old, new, 1))
        await reloading.reload_if_changed()
        client = Client(reloading)
        error = (await client.call("GET", "/docs/reload")).json["error"]
        assert error in reported[0]
        assert message in error
        number = int(error.split(":")[1])
        assert number > 1 if line is None else number == line
        assert (await client.call("GET", "/openapi.yaml")).body == SOURCE
        file.write_bytes(SOURCE + b"# valid again\n")
        await reloading.reload_if_changed()
        assert (await client.call("GET", "/docs/reload")).json == {"count": 1, "error": None}
        await reloading.stop()

    asyncio.run(run())


def test_start_with_an_invalid_contract_fails(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"openapi: 3.1.0\npaths: [\n")
    with pytest.raises(ContractError):
        Reloader(file, lambda loaded: pytest.fail("created"), lambda line: None)


def test_save_is_detected_during_the_lifespan(reloading: Reloader, file: Path) -> None:
    async def run() -> None:
        lifespan = asyncio.ensure_future(shut_down_after(reloading, lambda: reloading._count == 1))
        file.write_bytes(SOURCE + b"# saved\n")
        await asyncio.wait_for(lifespan, 10)

    asyncio.run(run())
    assert reloading._count == 1


async def shut_down_after(app: Reloader, has_happened: Callable[[], bool]) -> None:
    """Run the lifespan until something has happened."""
    messages = [{"type": "lifespan.startup"}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        while not has_happened():
            await asyncio.sleep(0.05)
        return {"type": "lifespan.shutdown"}

    async def send(_: Any) -> None:
        pass

    await app({"type": "lifespan"}, receive, send)


def test_error_without_a_place_has_the_first_line() -> None:
    assert describe(ValueError("odd"), Path("openapi.yaml")) == "openapi.yaml:1: odd"


def test_error_in_a_handler_has_its_own_line() -> None:
    error = ContractError("handlers/cups.py:7: NameError: name 'Cup' is not defined")
    assert describe(error, Path("openapi.yaml")) == str(error)


def test_other_files_of_the_contract_are_reloaded(tmp_path: Path, reported: list[str]) -> None:
    shutil.copytree(SPLIT, tmp_path / "api")
    settings = make_settings(database_url=f"sqlite:///{tmp_path}/orderly.db")
    reloading = Reloader(
        tmp_path / "api" / "openapi.yaml", lambda loaded: create_shop(settings, loaded), reported.append
    )
    part = tmp_path / "api" / "schemas" / "pet.yaml"

    async def run() -> None:
        await reloading.start()
        part.write_text(part.read_text().replace("maxLength: 20", "maxLength: 2000"))
        await reloading.reload_if_changed()
        assert b"maxLength: 2000" in (await Client(reloading).call("GET", "/openapi.yaml")).body
        part.write_text("Pet: [\n")
        await reloading.reload_if_changed()
        await reloading.stop()

    asyncio.run(run())
    assert reported[0] == "Reloaded openapi.yaml."
    assert reported[1].startswith("schemas/pet.yaml:2:1: did not find expected node content")
