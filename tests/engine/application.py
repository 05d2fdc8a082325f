"""The engine's own application: contract, handlers, authenticators and one table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from orderly import Caller, NotFound, Page, ReadSession
from orderly.app import create_app
from orderly.clock import new_id
from orderly.config.application import Application
from orderly.config.settings import Settings
from orderly.contract.model import Contract, load
from orderly.contract.operation import Operation
from orderly.http.messages import ASGIApp
from orderly.pipeline.handler_resolver import HandlerResolver

EVERYTHING = Path(__file__).with_name("everything.yaml")
APPLICATION = Application(EVERYTHING.parent, EVERYTHING, handlers="no_handlers", database="no_tables")
CONTRACT = load(EVERYTHING)
REVISIONS = ("0001", "0002")
"""The revisions of its database, of which the newest is in place."""
CALLERS = {
    "alice": Caller("usr_alice", frozenset({"everything"}), frozenset({"customer"})),
    "bob": Caller("usr_bob", frozenset({"everything"}), frozenset({"customer"})),
    "charlie": Caller("usr_charlie", frozenset(), frozenset({"staff"})),
}
"""The callers by their access tokens; the API key of each has "key-" before it."""
Functions = Mapping[str, Callable[..., Any] | None]


class Tables(DeclarativeBase):
    """The tables of this application.

    They are apart from the engine's base, whose tables are compared with the shop's migrations.
    """


class Thing(Tables):
    """Something with a name and a version."""

    __tablename__ = "things"
    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("thg"))
    name: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


def serialize(thing: Thing) -> dict[str, Any]:
    """Return a thing as the contract has it."""
    return {"id": thing.id, "name": thing.name, "version": thing.version}


def add_thing(session: Session, name: str = "cup") -> Thing:
    """Insert a thing."""
    thing = Thing(name=name)
    session.add(thing)
    session.flush()
    return thing


def list_things(name: str | None = None) -> Page[dict[str, Any]]:
    """List the things, the newest first."""
    things = select(Thing) if name is None else select(Thing).where(Thing.name == name)
    return Page(things, serialize, [Thing.id])


def create_thing(body: dict[str, Any], *, session: Session) -> dict[str, Any]:
    """Create a thing."""
    return serialize(add_thing(session, body["name"]))


def get_thing(thing_id: str, *, session: ReadSession) -> dict[str, Any]:
    """Return a thing."""
    thing = session.get(Thing, thing_id)
    if thing is None:
        raise NotFound
    return serialize(thing)


def update_thing(thing_id: str, body: dict[str, Any], *, session: Session) -> dict[str, Any]:
    """Rename a thing, if that changes it."""
    thing = session.get_one(Thing, thing_id)
    if thing.name != body["name"]:
        thing.name, thing.version = body["name"], thing.version + 1
    return serialize(thing)


def get_caller(*, caller: Caller | None) -> dict[str, Any]:
    """Return the id of the caller."""
    return {"id": caller.id if caller else None}


HANDLERS: Functions = {
    "list_things": list_things,
    "create_thing": create_thing,
    "get_thing": get_thing,
    "update_thing": update_thing,
    "replace_thing": update_thing,
    "get_caller": get_caller,
    "put_caller": lambda: None,
    "put_quota": lambda: None,
    "post_quota": lambda body: None,
    "post_everything": lambda body: body,
    "get_newest_tree": lambda: {"name": "newest"},
    "get_tree": lambda id: {"name": str(id)},
}
AUTHENTICATORS: Functions = {
    "bearer": lambda token: CALLERS.get(token),
    "apiKey": lambda key: CALLERS.get(key.removeprefix("key-")) if key.startswith("key-") else None,
}


class Functional(HandlerResolver):
    """Handlers by operationId, and authenticators by security scheme."""

    def __init__(self, handlers: Functions, authenticators: Functions) -> None:
        super().__init__(APPLICATION)
        self._handlers = handlers
        self._authenticators = authenticators

    def handler(self, operation: Operation) -> Callable[..., Any] | None:
        """Return the handler of an operation."""
        return self._handlers.get(operation.operation_id)

    def authenticator(self, scheme: str) -> Callable[..., Any] | None:
        """Return the authenticator of a scheme."""
        return self._authenticators.get(scheme)


def create(
    settings: Settings,
    handlers: Functions = HANDLERS,
    contract: Contract = CONTRACT,
    authenticators: Functions = AUTHENTICATORS,
) -> ASGIApp:
    """Return the application, with other functions or another contract if given."""
    return create_app(settings, APPLICATION, contract, Functional(handlers, authenticators))
