"""Injection of engine objects into the application's functions, by annotation."""

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

REQUEST_TYPES = (Session, ReadSession, Caller, Request)
"""Injectable types with one object per request."""
INJECTABLE = (*REQUEST_TYPES, Settings, Database, Readiness, Roles)
"""Types that are injected where a parameter is annotated with them."""
DATABASE_TYPES = frozenset({Session, ReadSession, Database})


class BoundFunction:
    """A handler or an authenticator, with its signature read once."""

    def __init__(self, function: Function, services: Mapping[type, Any]) -> None:
        """Read the signature.

        Args:
            function: a handler or an authenticator.
            services: the injectable objects that all requests share, by type.

        Raises:
            ContractError: an annotation cannot be evaluated, or requires a database that the service does not have.
        """
        self.name = f"{function.__module__}.{function.__name__}"
        self._function = function
        parameters = _parameters(function, self.name)
        injected = {name: kind for name, parameter in parameters.items() if (kind := _injectable(parameter))}
        self.injected_types = frozenset(injected.values())
        self.injected_names = frozenset(injected)
        self.parameter_names = tuple(name for name in parameters if name not in injected)
        """The names of the other arguments, in order."""
        if self.injected_types & DATABASE_TYPES and Database not in services:
            raise ContractError(
                f"{self.name} takes a database session, and this application has no database: "
                "add the package db, or set ORDERLY_DATABASE_URL"
            )
        self._shared = {name: services[kind] for name, kind in injected.items() if kind not in REQUEST_TYPES}
        self._of_request = [(name, kind) for name, kind in injected.items() if kind in REQUEST_TYPES]

    @property
    def takes_arguments(self) -> bool:
        """True if the function has any parameter."""
        return bool(self.injected_types or self.parameter_names)

    def __call__(self, arguments: Mapping[str, Any], of_request: Mapping[type, Any]) -> Any:
        """Call the function with keyword arguments; a missing one keeps its default.

        Args:
            arguments: the arguments of the contract, by name; names that the function does not take are ignored.
            of_request: the injectable objects of the request, by type.
        """
        keywords = {name: arguments[name] for name in self.parameter_names if name in arguments}
        for name, kind in self._of_request:
            keywords[name] = of_request[kind]
        return self._function(**keywords, **self._shared)


def _parameters(function: Function, name: str) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function, eval_str=True).parameters
    except NameError as error:
        raise ContractError(f"{name}: annotation {error.name!r} cannot be evaluated; import it at run time") from None


def _injectable(parameter: inspect.Parameter) -> type | None:
    """Return the injectable type of an annotation such as `Caller | None`, or None."""
    kinds = get_args(parameter.annotation) or (parameter.annotation,)
    return next((kind for kind in INJECTABLE if kind in kinds), None)
