"""Both clients, made by the command and installed as a customer does, and a live shop for them."""

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
    """What a program says; it must end well."""
    done = try_to_run(*command, folder=folder, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def try_to_run(*command: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What became of a program."""
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=240, check=False)


@dataclass
class Python:
    """A project with the client for Python installed."""

    client: Path
    project: Path
    interpreter: Path

    def complaints(self, name: str, source: str) -> str:
        """Under mypy strict."""
        program = self.project / f"{name}.py"
        program.write_text(source)
        return self.check(program.name)

    def check(self, *what: str) -> str:
        """What mypy says."""
        command = [self.interpreter, "-m", "mypy", "--strict", "--no-error-summary", *what]
        return try_to_run(*command, folder=self.project, MYPYPATH=str(self.project / "site")).stdout

    def use(self, name: str, source: str, given: dict[str, Any]) -> str:
        """With every warning an error."""
        assert self.complaints(name, source) == ""
        command = [self.interpreter, "-W", "error", f"{name}.py", json.dumps(given)]
        return run(*command, folder=self.project, PYTHONPATH=str(self.project / "site"))


@dataclass
class TypeScript:
    """A project with the client for TypeScript installed."""

    client: Path
    project: Path

    def complaints(self, name: str, source: str) -> str:
        """Under strict rules; a program of another test is not looked at."""
        for other in self.project.glob("*.ts"):
            other.unlink()
        (self.project / f"{name}.ts").write_text(source)
        compiler = self.client / "node_modules" / ".bin" / "tsc"
        return try_to_run(compiler, folder=self.project).stdout

    def use(self, name: str, source: str, given: dict[str, Any]) -> str:
        """Compile it and run it."""
        assert self.complaints(name, source) == ""
        return run(program("node"), f"dist/{name}.js", json.dumps(given), folder=self.project)


def install_python(folder: Path, contract: Path = CONTRACT_FILE) -> Python:
    """Make the client, and install it beside a project."""
    interpreter = program("openapi-python-client").parent / "python"
    client, project = folder / "orderly-client", folder / "project"
    project.mkdir()
    python.generate(load(contract), client)
    quietly = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(interpreter, "-m", "pip", "install", *quietly, "--target", project / "site", client, folder=folder)
    return Python(client, project, interpreter)


def install_typescript(folder: Path, contract: Path = CONTRACT_FILE) -> TypeScript:
    """Make the client, and install it beside a project."""
    npm = program("npm", "node")
    client, project = folder / "orderly-client", folder / "project"
    typescript.generate(load(contract), client)
    project.mkdir()
    (project / "package.json").write_text('{"type": "module", "private": true}')
    options_of_project = TSCONFIG | {"compilerOptions": TSCONFIG_OPTIONS}
    (project / "tsconfig.json").write_text(json.dumps(options_of_project))
    quietly = ["--silent", "--no-audit", "--no-fund"]
    run(npm, "install", *quietly, "@types/node@20.19.43", client, folder=project)
    return TypeScript(client, project)


INSTALL: dict[str, Callable[..., Python | TypeScript]] = {"python": install_python, "typescript": install_typescript}
SUFFIX = {"python": "py", "typescript": "ts"}


def name_of(language: Python | TypeScript) -> str:
    """What a language is called."""
    return "python" if isinstance(language, Python) else "typescript"


LANGUAGES = [
    pytest.param("python", marks=pytest.mark.needs("openapi-python-client")),
    pytest.param("typescript", marks=pytest.mark.needs("node")),
]


@pytest.fixture(scope="session", params=LANGUAGES)
def language(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Python | TypeScript:
    """A project that uses a client, made once."""
    return INSTALL[request.param](tmp_path_factory.mktemp(request.param))


@dataclass
class Shop:
    """A live service and its database."""

    service: Served
    database: Database

    def add_user(self, name: str) -> str:
        """Somebody with an account; the id."""
        with self.database.writing() as session:
            user_id = make_user(session, name).id
            session.commit()
        return user_id

    def add_product(self, **given: Any) -> str:
        """Something for sale; the id."""
        with self.database.writing() as session:
            product_id = make_product(session, **given).id
            session.commit()
        return product_id

    def begin(self, user_id: str, *, age: int = 0) -> dict[str, Any]:
        """The tokens of a new session; the access token is so many minutes old, and lives for ten."""
        with self.database.writing() as session:
            issued = make_session(session, session.get(User, user_id))
            session.commit()
            began = issued.session.id
        with time_machine.travel(now() - timedelta(minutes=age)):
            access, lifetime = AccessTokens(SECRET).issue(user_id, began)
        return {
            "access_token": access,
            "refresh_token": issued.refresh_token,
            "token_type": "Bearer",
            "expires_in": lifetime,
        }


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A service of its own, on SQLite."""
    folder = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder / 'orderly.db'}"
    migrate(url)
    with closing(Database(url)) as database, served(folder, url, rate_limits="off") as service:
        yield Shop(service, database)
