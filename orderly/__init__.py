"""The public names of Orderly. Everything else may move between releases."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orderly.app import create_app as create_app
    from orderly.config.settings import Settings as Settings
    from orderly.database.connections import ReadSession as ReadSession
    from orderly.database.database import Database as Database
    from orderly.database.pagination import Page as Page
    from orderly.errors import Conflict as Conflict
    from orderly.errors import DomainError as DomainError
    from orderly.errors import Forbidden as Forbidden
    from orderly.errors import Invalid as Invalid
    from orderly.errors import NotFound as NotFound
    from orderly.errors import Unauthenticated as Unauthenticated
    from orderly.errors import Unavailable as Unavailable
    from orderly.http.messages import Request as Request
    from orderly.http.messages import Response as Response
    from orderly.security.caller import Caller as Caller
    from orderly.security.caller import Roles as Roles

_MODULES = {
    "create_app": "orderly.app",
    "Settings": "orderly.config.settings",
    "ReadSession": "orderly.database.connections",
    "Database": "orderly.database.database",
    "Page": "orderly.database.pagination",
    **dict.fromkeys(
        ("Conflict", "DomainError", "Forbidden", "Invalid", "NotFound", "Unauthenticated", "Unavailable"),
        "orderly.errors",
    ),
    "Request": "orderly.http.messages",
    "Response": "orderly.http.messages",
    "Caller": "orderly.security.caller",
    "Roles": "orderly.security.caller",
}
"""The module of each public name. It is imported on first use, because a command needs few of them."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
