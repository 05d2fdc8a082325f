"""Engine objects as arguments of the application's functions, matched by annotation."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

from sqlalchemy.orm import Session

from orderly.config.settings import Settings
from orderly.contract.loader import ContractError
from orderly.database.connections import ReadSession
from orderly.database.database import Database
from orderly.database.readiness import Readiness
from orderly.http.messages import Request
from orderly.security.caller import Caller, Roles

Function = Callable[..., Any]

OF_REQUEST = (Session, ReadSession, Caller, Request)
"""Injectable types of which each request has its own object."""
INJECTABLE = (*OF_REQUEST, Settings, Database, Readiness, Roles)
"""The types whose annotation makes an argument the engine's."""
DATABASE_TYPES = frozenset({Session, ReadSession, Database})


class BoundFunction:
    """A function of the application, with its signature read once."""

    def __init__(self, function: Function, services: Mapping[type, Any]) -> None:
        """Read the signature.

        Args:
            function: a handler or an authenticator.
            services: the injectable objects that all requests share, by their types.

        Raises:
            ContractError: an annotation cannot be evaluated, or asks for what this service does not have.
        """
        self.name = f"{function.__module__}.{function.__name__}"
        self._function = function
        injected = {
            name: kind
            for name, parameter in _parameters(function, self.name).items()
            if (kind := _injectable(parameter))
        }
        self.needs = frozenset(injected.values())
        """The types of its injected arguments."""
        self.injected = frozenset(injected)
        """The names of its injected arguments."""
        self.names = tuple(name for name in _parameters(function, self.name) if name not in injected)
        """The names of its other arguments, in order."""
        if self.needs & DATABASE_TYPES and Database not in services:
            raise ContractError(
                f"{self.name} takes a database session, and this application has no database: "
                "add the package db, or set ORDERLY_DATABASE_URL"
            )
        self._shared = {name: services[kind] for name, kind in injected.items() if kind not in OF_REQUEST}
        self._of_request = [(name, kind) for name, kind in injected.items() if kind in OF_REQUEST]

    def __call__(self, arguments: Mapping[str, Any], of_request: Mapping[type, Any]) -> Any:
        """Call the function by name; an argument that is not there keeps its default."""
        given = {name: arguments[name] for name in self.names if name in arguments}
        for name, kind in self._of_request:
            given[name] = of_request[kind]
        return self._function(**given, **self._shared)


def _parameters(function: Function, name: str) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function, eval_str=True).parameters
    except NameError as error:
        raise ContractError(f"{name}: annotation {error.name!r} is not importable; import it at run time") from None


def _injectable(parameter: inspect.Parameter) -> type | None:
    """Return the engine's type that a parameter is annotated with, also as `Caller | None`."""
    kinds = get_args(parameter.annotation) or (parameter.annotation,)
    return next((kind for kind in INJECTABLE if kind in kinds), None)
