"""From an operation to its handler: where it is, and which arguments it wants."""

import inspect
from collections.abc import Callable
from typing import Any

from orderly.config.application import Application
from orderly.contract.loader import ContractError
from orderly.contract.model import Operation

Handler = Callable[..., Any]
HandlerOf = Callable[[Operation], Handler | None]

OWN = frozenset({"session", "begin", "rows", "reads", "caller", "tokens", "readiness"})
"""What the corridor hands to any handler that names it. `begin` gives the session of a change when it is called, for
those who have something to do before its transaction begins and If-Match is compared."""


def find_handler(application: Application, operation: Operation) -> Handler | None:
    """The function of an operation: tag `api-keys` and operationId `create_api_key` are
    `handlers/api_keys.py:create_api_key`. None if there is none.

    Raises:
        CommandError: the file is there and cannot be imported; the message has its line.
    """
    module = application.import_handlers(operation.tag.replace("-", "_"))
    return getattr(module, operation.operation_id, None)


def wanted_by(handler: Handler, operation: Operation) -> frozenset[str]:
    """The names of a handler's arguments, found once.

    Raises:
        ContractError: it takes one that neither the contract nor the corridor has, or a session that would let it
            forget to `begin`.
    """
    names = frozenset(inspect.signature(handler).parameters)
    known = OWN | {p.argument for p in operation.parameters} | ({"body"} if operation.body else frozenset())
    if unknown := sorted(names - known):
        raise ContractError(
            f"{handler.__module__}.{handler.__name__} takes {', '.join(unknown)}, "
            f"which {operation.method} {operation.path} does not have"
        )
    if {"begin", "session"} <= names:
        raise ContractError(
            f"{handler.__module__}.{handler.__name__} takes both begin and session: begin gives the session, when "
            "If-Match is compared"
        )
    return names
