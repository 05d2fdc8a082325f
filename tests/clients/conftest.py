"""Generated and installed clients for both languages, and a live shop."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from db.access_tokens import AccessTokens
from db.users import User
from orderly.clock import now
from orderly.contract.model import load
from orderly.database.database import Database
from orderly.devtools.codegen.clients import python, typescript
from tests.requirements import program
from tests.serving import Served, served
from tests.settings import SECRET
from tests.shop.application import CONTRACT_FILE, migrate
from tests.shop.factories import make_product, make_session, make_user

SCENARIOS = Path(__file__).with_name("scenarios")
TSCONFIG = {"extends": "../orderly-client/tsconfig.json", "include": ["*.ts"]}
TSCONFIG_OPTIONS = {"rootDir": ".", "outDir": "dist", "declaration": False, "types": ["node"], "skipLibCheck": True}


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a program successfully and return its output."""
    completed = try_to_run(*command, folder=folder, **environment)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout


def try_to_run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program and return its result."""
    variables = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=240, check=False)


@dataclass
class Python:
    """A project with the client for Python installed."""

    client: Path
    project: Path
    interpreter: Path

    def type_errors(self, name: str, source: str) -> str:
        """Return the errors of mypy in a program."""
        program = self.project / f"{name}.py"
        program.write_text(source)
        return self.check(program.name)

    def check(self, *targets: str) -> str:
        """Return the output of strict mypy."""
        command: list[str | Path] = [self.interpreter, "-m", "mypy", "--strict", "--no-error-summary", *targets]
        return try_to_run(*command, folder=self.project, MYPYPATH=str(self.project / "site")).stdout

    def execute(self, name: str, source: str, arguments: dict[str, Any]) -> str:
        """Type-check and run a program; every warning is an error."""
        assert self.type_errors(name, source) == ""
        command: list[str | Path] = [self.interpreter, "-W", "error", f"{name}.py", json.dumps(arguments)]
        return run(*command, folder=self.project, PYTHONPATH=str(self.project / "site"))


@dataclass
class TypeScript:
    """A project with the client for TypeScript installed."""

    client: Path
    project: Path

    def type_errors(self, name: str, source: str) -> str:
        """Return the strict compiler errors of a program alone."""
        for other in self.project.glob("*.ts"):
            other.unlink()
        (self.project / f"{name}.ts").write_text(source)
        compiler = self.client / "node_modules" / ".bin" / "tsc"
        return try_to_run(compiler, folder=self.project).stdout

    def execute(self, name: str, source: str, arguments: dict[str, Any]) -> str:
        """Compile and run a program."""
        assert self.type_errors(name, source) == ""
        return run(program("node"), f"dist/{name}.js", json.dumps(arguments), folder=self.project)


def install_python(folder: Path, contract: Path = CONTRACT_FILE) -> Python:
    """Generate the client, and install it for a project."""
    interpreter = program("openapi-python-client").parent / "python"
    client, project = folder / "orderly-client", folder / "project"
    project.mkdir()
    python.generate(load(contract), client)
    quietly = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(interpreter, "-m", "pip", "install", *quietly, "--target", project / "site", client, folder=folder)
    return Python(client, project, interpreter)


def install_typescript(folder: Path, contract: Path = CONTRACT_FILE) -> TypeScript:
    """Generate the client, and install it for a project."""
    npm = program("npm", "node")
    client, project = folder / "orderly-client", folder / "project"
    typescript.generate(load(contract), client)
    project.mkdir()
    (project / "package.json").write_text('{"type": "module", "private": true}')
    config = TSCONFIG | {"compilerOptions": TSCONFIG_OPTIONS}
    (project / "tsconfig.json").write_text(json.dumps(config))
    quietly = ["--silent", "--no-audit", "--no-fund"]
    run(npm, "install", *quietly, "@types/node@20.19.43", client, folder=project)
    return TypeScript(client, project)


INSTALL: dict[str, Callable[..., Python | TypeScript]] = {"python": install_python, "typescript": install_typescript}
SUFFIX = {"python": "py", "typescript": "ts"}


def name_of(language: Python | TypeScript) -> str:
    """Return the name of a language."""
    return "python" if isinstance(language, Python) else "typescript"


LANGUAGES = [
    pytest.param("python", marks=pytest.mark.needs("openapi-python-client")),
    pytest.param("typescript", marks=pytest.mark.needs("node")),
]


@pytest.fixture(scope="session", params=LANGUAGES)
def language(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Python | TypeScript:
    """A project with an installed client, one for all tests."""
    return INSTALL[request.param](tmp_path_factory.mktemp(request.param))


@dataclass
class Shop:
    """A live service and its database."""

    service: Served
    database: Database

    def add_user(self, name: str) -> str:
        """Create a user and return the id."""
        with self.database.writing() as session:
            user_id = make_user(session, name).id
            session.commit()
        return user_id

    def add_product(self, **values: Any) -> str:
        """Create a product and return the id."""
        with self.database.writing() as session:
            product_id = make_product(session, **values).id
            session.commit()
        return product_id

    def start_session(self, user_id: str, *, age: int = 0) -> dict[str, Any]:
        """Start a session and return its tokens.

        Args:
            user_id: the user of the session.
            age: the age of the access token in minutes; after ten, the token is expired.
        """
        with self.database.writing() as session:
            issued = make_session(session, session.get(User, user_id))
            session.commit()
            session_id = issued.session.id
        with time_machine.travel(now() - timedelta(minutes=age)):
            access, lifetime = AccessTokens(SECRET).issue(user_id, session_id)
        return {
            "access_token": access,
            "refresh_token": issued.refresh_token,
            "token_type": "Bearer",
            "expires_in": lifetime,
        }


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A service on a SQLite database."""
    folder = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder / 'orderly.db'}"
    migrate(url)
    with closing(Database(url)) as database, served(folder, url, rate_limits="off") as service:
        yield Shop(service, database)
