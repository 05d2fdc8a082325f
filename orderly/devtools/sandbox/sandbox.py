"""The sandbox: the real service on a database that is thrown away, filled from the contract's examples."""

import asyncio
import secrets
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import SecretStr
from sqlalchemy.orm import Session

from orderly.app import Extras, create_app
from orderly.config.application import Application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.contract.model import Contract, load
from orderly.contract.operation import Operation
from orderly.database.database import Database
from orderly.database.migrations import runner
from orderly.database.migrations.metadata import metadata
from orderly.devtools.sandbox.clock import EPOCH, DeterministicClock
from orderly.devtools.sandbox.examples import Example, answer_of, ids_in, objects_with
from orderly.devtools.sandbox.personas import Account, Persona, SignedIn
from orderly.devtools.sandbox.prefer import PreferredResponse
from orderly.devtools.sandbox.seeding import SeedRequest, made_at, replay, seed_requests
from orderly.http.messages import SCOPE_KEY, ASGIApp, Receive, Response, Scope, Send
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.pipeline.injection import Function
from orderly.rate_limiting.limiter import RateLimitStore

DATABASE = "sandbox.db"


@dataclass(slots=True)
class SandboxState:
    """What a sandbox keeps when its contract is exchanged."""

    clock: DeterministicClock = field(default_factory=DeterministicClock)
    accounts: list[Account] = field(default_factory=list)
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Those of the account of a role and of its session, which its token names."""


class Sandbox:
    """What makes a sandbox of the service, and answers beside it at `/sandbox`."""

    def __init__(
        self,
        settings: Settings,
        application: Application,
        contract: Contract,
        resolver: HandlerResolver,
        state: SandboxState,
        scripts: Sequence[str],
    ) -> None:
        self._settings = settings
        self._application = application
        self._contract = contract
        self._state = state
        self._clock = state.clock
        self._preferred = PreferredResponse(contract)
        self._seed_requests = seed_requests(contract)
        self._dated = list(objects_with(contract.document, "id", "created_at"))
        self._lock = asyncio.Lock()
        self._database = Database(settings.database_url)
        self._create_persona = resolver.function("sandbox", "create_persona")
        self._counters = RateLimitStore()
        extras = Extras(self._wrap, ("sandbox.js", *scripts), self._counters)
        self._service = create_app(settings, application, contract, ExampleResolver(resolver), extras=extras)
        self.app = self._clock.wrap(self._service)

    @property
    def accounts(self) -> list[Account]:
        """Whom to try things as, one for each role."""
        return self._state.accounts

    def _wrap(self, app: ASGIApp) -> ASGIApp:
        self._inner = app
        return self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            if not self.accounts:
                await self.fill()
            await self._inner(scope, receive, send)
            self._database.close()
            return
        request = scope[SCOPE_KEY]
        if (request.method, request.path) == ("POST", "/sandbox/reset"):
            await self.fill()
            await Response(204, media_type=None).send(send)
        elif (request.method, request.path) == ("GET", "/sandbox/accounts"):
            body = {"accounts": [asdict(account) for account in self.accounts]}
            await Response(200, {}, orjson.dumps(body)).send(send)
        elif (reply := self._preferred.find(request)) is not None:
            await reply.send(send)
        else:
            await self._inner(scope, receive, send)

    async def fill(self) -> None:
        """Empty the database and fill it from the examples; the accounts and their tokens stay the same."""
        async with self._lock:
            self._clock.rewind()
            await asyncio.to_thread(self._open_accounts)
            for step in self._seed_requests:
                account = self._account_for(step)
                if account is not None and not self._clock.has_given(step.shown.get("id")):
                    with self._clock.travel_to(step.at or self._clock.now, self._ids(step.at, step.shown)):
                        await replay(self._service, step, account.token)
            self._counters.reset()  # or whoever begins anew before each of his tests would be limited

    def _open_accounts(self) -> None:
        """Create one account for each role; the database is empty but for them."""
        shown = next(objects_with(self._contract.document, "email", "password"), {})
        password = shown.get("password") or secrets.token_urlsafe(18)
        with self._database.writing() as session:
            for table in reversed(metadata(self._application.database).sorted_tables):
                session.execute(table.delete())
            roles = self._contract.roles if self._create_persona else ()
            opened = [self._open_account(session, role, password) for role in roles]
            session.commit()
        self._state.accounts = self.accounts or opened

    def _open_account(self, session: Session, role: str, password: str) -> Account:
        """Create an account as the examples show it, signed in when all that they show has happened."""
        assert self._create_persona is not None  # noqa: S101  # checked by _open_accounts
        present = max((step.at for step in self._seed_requests if step.at), default=EPOCH)
        example = self._person(role)
        persona = Persona(role, example["email"], example.get("name") or role.title(), password)
        with self._clock.travel_to(made_at(example) or EPOCH, self._state.ids.get(role) or ids_in(example)):
            signed_in: SignedIn = self._create_persona(session, persona, signed_in_at=present, settings=self._settings)
        self._state.ids[role] = signed_in.ids
        return Account(role, persona.email, password, signed_in.token)

    def _ids(self, at: datetime | None, shown: Example) -> list[str]:
        """Those of what is shown, and of whatever else the examples show of that moment."""
        return [*ids_in(shown), *(i for each in self._dated if made_at(each) == at for i in ids_in(each))]

    def _person(self, role: str) -> Example:
        everyone = objects_with(self._contract.document, "id", "email", "role")
        return next((each for each in everyone if each["role"] == role), {"email": f"{role}@example.com"})

    def _account_for(self, step: SeedRequest) -> Account | None:
        """The first role that may."""
        held = self._contract.roles
        return next((a for a in self.accounts if any(scopes <= held[a.role] for scopes in step.scopes)), None)


class ExampleResolver(HandlerResolver):
    """Finds the handlers of an application; an operation without one returns its example."""

    def __init__(self, resolver: HandlerResolver) -> None:
        self._resolver = resolver

    def handler(self, operation: Operation) -> Function:
        """Return the handler of an operation."""
        return self._resolver.handler(operation) or (
            lambda: deepcopy(answer_of(operation, operation.success.status)[1])
        )

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of the application."""
        return self._resolver.function(module, name)


def sandbox_settings(settings: Settings, folder: Path) -> Settings:
    """The settings of a sandbox: with a database, a secret and counters of its own, so that no real one is touched.

    Raises:
        CommandError: this is production.
    """
    if settings.is_production:
        raise CommandError(
            "A sandbox gives everybody every right: it is not for production. Set ORDERLY_ENV=development."
        )
    own = {
        "database_url": f"sqlite:///{folder / DATABASE}",
        "database_replica_url": "",
        "redis_url": "",
        "tls_cert_file": None,
        "tls_key_file": None,
        "secret_key": SecretStr(secrets.token_urlsafe(48)),
        "workers": 1,
    }
    return settings.model_copy(update=own)


def create_sandbox(
    settings: Settings,
    application: Application,
    contract: Contract | None = None,
    resolver: HandlerResolver | None = None,
    state: SandboxState | None = None,
    scripts: Sequence[str] = (),
) -> Sandbox:
    """A sandbox with settings from `sandbox_settings`: whatever is in its database goes.

    Raises:
        CommandError: they are of something else.
    """
    if not settings.database_url.endswith(f"/{DATABASE}") or settings.is_production:
        raise CommandError("A sandbox empties its database: it takes none but its own.")
    runner.upgrade(settings.database_url, application.migrations)
    contract, resolver = contract or load(application.contract), resolver or HandlerResolver(application)
    return Sandbox(settings, application, contract, resolver, state or SandboxState(), scripts)
