"""Sandbox: the real service on a temporary database with example data."""

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
from orderly.devtools.sandbox.examples import Example, example_response, ids_in, objects_with
from orderly.devtools.sandbox.personas import Account, Persona, SignedIn
from orderly.devtools.sandbox.prefer import PreferredResponse
from orderly.devtools.sandbox.seeding import SeedRequest, creation_time, replay, seed_requests
from orderly.http.messages import SCOPE_KEY, ASGIApp, Receive, Response, Scope, Send
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.pipeline.injection import Function
from orderly.rate_limiting.limiter import RateLimitStore

DATABASE = "sandbox.db"


@dataclass(slots=True)
class SandboxState:
    """State that a sandbox keeps when its contract is reloaded."""

    clock: DeterministicClock = field(default_factory=DeterministicClock)
    accounts: list[Account] = field(default_factory=list)
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the account and the session of each role; the token contains them."""


class Sandbox:
    """A service with seeded data, preferred responses and the routes below `/sandbox`."""

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
        """Return the accounts, one for each role."""
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
        elif (response := self._preferred.find(request)) is not None:
            await response.send(send)
        else:
            await self._inner(scope, receive, send)

    async def fill(self) -> None:
        """Empty and seed the database; accounts and tokens stay the same."""
        async with self._lock:
            self._clock.rewind()
            await asyncio.to_thread(self._create_accounts)
            for step in self._seed_requests:
                account = self._account_for(step)
                if account is not None and not self._clock.has_issued(step.shown.get("id")):
                    with self._clock.travel_to(step.at or self._clock.now, self._ids(step.at, step.shown)):
                        await replay(self._service, step, account.token)
            self._counters.reset()  # otherwise a client that resets before each test would be limited

    def _create_accounts(self) -> None:
        """Empty the database and create one account for each role."""
        example = next(objects_with(self._contract.document, "email", "password"), {})
        password = example.get("password") or secrets.token_urlsafe(18)
        with self._database.writing() as session:
            for table in reversed(metadata(self._application.database).sorted_tables):
                session.execute(table.delete())
            roles = self._contract.roles if self._create_persona else ()
            created = [self._create_account(session, role, password) for role in roles]
            session.commit()
        self._state.accounts = self.accounts or created

    def _create_account(self, session: Session, role: str, password: str) -> Account:
        """Create the account of a role from the examples, and sign in.

        The session starts after the last seed request.
        """
        assert self._create_persona is not None  # noqa: S101  # checked by _create_accounts
        latest = max((step.at for step in self._seed_requests if step.at), default=EPOCH)
        example = self._example_user(role)
        persona = Persona(role, example["email"], example.get("name") or role.title(), password)
        with self._clock.travel_to(creation_time(example) or EPOCH, self._state.ids.get(role) or ids_in(example)):
            signed_in: SignedIn = self._create_persona(session, persona, signed_in_at=latest, settings=self._settings)
        self._state.ids[role] = signed_in.ids
        return Account(role, persona.email, password, signed_in.token)

    def _ids(self, at: datetime | None, shown: Example) -> list[str]:
        """Return the ids of an example and of simultaneous ones."""
        return [*ids_in(shown), *(i for each in self._dated if creation_time(each) == at for i in ids_in(each))]

    def _example_user(self, role: str) -> Example:
        users = objects_with(self._contract.document, "id", "email", "role")
        return next((each for each in users if each["role"] == role), {"email": f"{role}@example.com"})

    def _account_for(self, step: SeedRequest) -> Account | None:
        """Return the account of the first role with the required scopes."""
        granted = self._contract.roles
        return next((a for a in self.accounts if any(scopes <= granted[a.role] for scopes in step.scopes)), None)


class ExampleResolver(HandlerResolver):
    """A resolver that substitutes the example for a missing handler."""

    def __init__(self, resolver: HandlerResolver) -> None:
        self._resolver = resolver

    def handler(self, operation: Operation) -> Function:
        """Return the handler of an operation."""
        return self._resolver.handler(operation) or (
            lambda: deepcopy(example_response(operation, operation.success.status)[1])
        )

    def function(self, module: str, name: str) -> Function | None:
        """Return a function of the application."""
        return self._resolver.function(module, name)


def sandbox_settings(settings: Settings, folder: Path) -> Settings:
    """Return settings with a separate database, secret and counters.

    No real data is in reach.

    Raises:
        CommandError: the environment is production.
    """
    if settings.is_production:
        raise CommandError(
            "The sandbox cannot run in production: every caller gets every role. Set ORDERLY_ENV=development."
        )
    overrides = {
        "database_url": f"sqlite:///{folder / DATABASE}",
        "database_replica_url": "",
        "redis_url": "",
        "tls_cert_file": None,
        "tls_key_file": None,
        "secret_key": SecretStr(secrets.token_urlsafe(48)),
        "workers": 1,
    }
    return settings.model_copy(update=overrides)


def create_sandbox(
    settings: Settings,
    application: Application,
    contract: Contract | None = None,
    resolver: HandlerResolver | None = None,
    state: SandboxState | None = None,
    scripts: Sequence[str] = (),
) -> Sandbox:
    """Create a sandbox with settings from `sandbox_settings`, and empty its database.

    Raises:
        CommandError: the settings are not those of a sandbox.
    """
    if not settings.database_url.endswith(f"/{DATABASE}") or settings.is_production:
        raise CommandError(
            f"The sandbox empties its database: it accepts only {DATABASE}. Use the settings of sandbox_settings()."
        )
    runner.upgrade(settings.database_url, application.migrations)
    contract, resolver = contract or load(application.contract), resolver or HandlerResolver(application)
    return Sandbox(settings, application, contract, resolver, state or SandboxState(), scripts)
