"""The sandbox: the real service on a database that is thrown away, filled from the contract's examples."""

import asyncio
import secrets
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from db import migrations, sessions, users
from db.passwords import hash_password
from db.session import Database
from openapi.app import create_app
from openapi.arguments import Handler, find_handler
from openapi.contract import Contract, Operation, load
from openapi.message import KEY, App, Receive, Reply, Scope, Send
from openapi.security import Tokens
from openapi.settings import Refused, Settings
from openapi.workbench.examples import answer_of, objects_with
from openapi.workbench.forced import Forced
from openapi.workbench.play import Step, play, steps
from openapi.workbench.tape import Tape

DATABASE = "sandbox.db"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to try things as."""

    role: str
    email: str
    password: str
    token: str


@dataclass(slots=True)
class Memory:
    """What a sandbox keeps when its contract is exchanged."""

    tape: Tape = field(default_factory=Tape)
    accounts: list[Account] = field(default_factory=list)


class Sandbox:
    """What makes a sandbox of the service, and answers beside it at `/sandbox`."""

    def __init__(self, settings: Settings, contract: Contract, memory: Memory, scripts: Sequence[str]) -> None:
        self._contract = contract
        self._memory = memory
        self._tape = memory.tape
        self._forced = Forced(contract)
        self._lock = asyncio.Lock()
        self._database = Database(settings.database_url)
        # A token of a sandbox is copied into scripts: it lasts as long as its session.
        self._tokens = Tokens(settings.secret_key.get_secret_value(), sessions.LIFETIME)
        self.app = create_app(settings, contract, handler_of, self._around, ("sandbox.js", *scripts))

    @property
    def accounts(self) -> list[Account]:
        """Whom to try things as, one for each role."""
        return self._memory.accounts

    def _around(self, app: App) -> App:
        self._inner = app
        return self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            if not self.accounts:
                await self.fill()
            await self._inner(scope, receive, send)
            self._database.close()
            return
        request = scope[KEY]
        if (request.method, request.path) == ("POST", "/sandbox/reset"):
            await self.fill()
            await Reply(204, media_type=None).send(send)
        elif (request.method, request.path) == ("GET", "/sandbox/accounts"):
            body = {"accounts": [asdict(account) for account in self.accounts]}
            await Reply(200, {}, orjson.dumps(body)).send(send)
        elif (reply := self._forced.find(request)) is not None:
            await reply.send(send)
        else:
            await self._inner(scope, receive, send)

    async def fill(self) -> None:
        """Empty the database and fill it from the examples; the accounts and their tokens stay the same."""
        async with self._lock:
            self._tape.rewind()
            with self._tape.playing():
                await asyncio.to_thread(self._open_accounts)
                for step in steps(self._contract):
                    self._tape.want(step.shown)
                    if (account := self._who(step)) is not None:
                        await play(self.app, step, account.token)
            self._tape.want(None)

    def _open_accounts(self) -> None:
        """One for each role, as the examples show it."""
        shown = next(objects_with(self._contract.document, "email", "password"), {})
        password = shown.get("password") or secrets.token_urlsafe(18)
        with self._database.writing() as session:
            for table in reversed(migrations.metadata().sorted_tables):
                session.execute(table.delete())
            password_hash = hash_password(password)
            opened = []
            for role in self._contract.roles:
                example = self._person(role)
                self._tape.want(example)
                about = {"email": example["email"], "name": example.get("name") or role.title(), "role": role}
                user = users.create(session, password_hash=password_hash, **about)
                token, _ = self._tokens.access_token(user.id, sessions.start(session, user).session.id)
                opened.append(Account(role, example["email"], password, token))
            session.commit()
        self._memory.accounts = self.accounts or opened

    def _person(self, role: str) -> dict[str, Any]:
        everybody = objects_with(self._contract.document, "id", "email", "role")
        return next((each for each in everybody if each["role"] == role), {"email": f"{role}@example.com"})

    def _who(self, step: Step) -> Account | None:
        """The first role that may."""
        held = self._contract.roles
        return next((a for a in self.accounts if any(scopes <= held[a.role] for scopes in step.scopes)), None)


def handler_of(operation: Operation) -> Handler:
    """The handler of an operation; where nobody has written it yet, its example."""
    return find_handler(operation) or (lambda: deepcopy(answer_of(operation, operation.success.status)[1]))


def settings_of(settings: Settings, folder: Path) -> Settings:
    """The settings of a sandbox: with a database, a secret and counters of its own, so that no real one is touched.

    Raises:
        Refused: this is production.
    """
    if settings.is_production:
        raise Refused("A sandbox gives everybody every right: it is not for production. Set ORDERLY_ENV=development.")
    own = {
        "database_url": f"sqlite:///{folder / DATABASE}",
        "database_read_url": "",
        "redis_url": "",
        "tls_certificate": None,
        "tls_key": None,
        "secret_key": SecretStr(secrets.token_urlsafe(48)),
        "workers": 1,
    }
    return settings.model_copy(update=own)


def create_sandbox(
    settings: Settings, contract: Contract | None = None, memory: Memory | None = None, scripts: Sequence[str] = ()
) -> Sandbox:
    """A sandbox with settings from `settings_of`: whatever is in its database goes.

    Raises:
        Refused: they are of something else.
    """
    if not settings.database_url.endswith(f"/{DATABASE}") or settings.is_production:
        raise Refused("A sandbox empties its database: it takes none but its own.")
    migrations.upgrade(settings.database_url)
    return Sandbox(settings, contract or load(), memory or Memory(), scripts)
