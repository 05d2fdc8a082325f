"""The wheel: its files, and its use without an application."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orderly.config.settings import PREFIX

ROOT = Path(__file__).parents[2]
START = 30
"""Seconds after which a service that does not respond never will."""
CONTRACT = """
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
servers: [{url: /pets-api}]
paths:
  /pets:
    get:
      operationId: list_pets
      tags: [pets]
      security: []
      responses:
        "200":
          description: The pets.
          content:
            application/json:
              schema: {type: object, properties: {data: {type: array, items: {type: string}}}, required: [data]}
"""
HANDLERS = '''
def list_pets():
    """List the pets."""
    return {"data": ["Tom"]}
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy because setuptools leaves files behind."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "orderly", source / "orderly", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", built, source)
    [file] = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it. What it depends on is where the tests have it, and is not fetched again."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip("install", "--no-warn-script-location", wheel, into=python)
    return folder / "bin"


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A folder with a contract and the handlers of its operations."""
    for name, text in {"openapi/openapi.yaml": CONTRACT, "handlers/pets.py": HANDLERS}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def pip(*words: str | Path, into: Path | str = sys.executable) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--python", into, *words, "--no-deps", "--no-index"]
    subprocess.run(command, check=True, capture_output=True)


def environment(**settings: Any) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTHON"))}
    return kept | {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}


def run(folder: Path, *command: Path | str) -> SimpleNamespace:
    ended = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    return SimpleNamespace(code=ended.returncode, out=ended.stdout, err=ended.stderr)


def fetch(url: str, service: subprocess.Popen[str]) -> Any:
    end = time.monotonic() + START
    while time.monotonic() < end and service.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  # always http
                return json.load(response)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the service does not respond: {service.communicate()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_has_the_engine_and_nothing_else(wheel: Path) -> None:
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    found = {path for path in (ROOT / "orderly").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert files == {str(path.relative_to(ROOT)) for path in found}


def test_the_engine_is_imported_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, installed / "python", "-c", "import orderly; print(orderly.__file__)")
    assert ended.out.startswith(str(installed.parent)), ended


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["serve", "--help"]])
def test_it_explains_itself_outside_of_an_application(installed: Path, tmp_path: Path, words: list[str]) -> None:
    ended = run(tmp_path, installed / "orderly", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


def test_a_command_that_needs_an_application_says_so(installed: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, installed / "orderly", "serve")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith(f"{tmp_path} is not an application: ")


def test_a_contract_alone_is_checked(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    ended = run(tmp_path, installed / "orderly", "check", "contract.yaml")
    assert "contract.yaml:7:5: Add a summary to list_pets. [operation-is-described]\n" in ended.err


def test_operations_without_a_handler_are_listed(installed: Path, application: Path) -> None:
    (application / "handlers" / "pets.py").unlink()
    ended = run(application, installed / "orderly", "routes")
    assert (ended.code, ended.err) == (0, "")
    assert " none" in ended.out


def test_a_contract_and_handlers_are_served(installed: Path, application: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [installed / "orderly", "serve"],
        cwd=application,
        env=environment(port=port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            assert fetch(f"http://127.0.0.1:{port}/pets-api/pets", service) == {"data": ["Tom"]}
            assert service.stdout is not None
            assert service.stdout.readline() == f"Orderly serves its API at http://127.0.0.1:{port}/pets-api\n"
        finally:
            service.send_signal(signal.SIGINT)
            service.communicate(timeout=START)
    assert [path.name for path in (application / "data").iterdir()] == ["secret.key"]
