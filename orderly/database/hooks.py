"""The hooks of an application's `db/hooks.py`, each of them optional."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy.orm import Session

from orderly.config.application import Application
from orderly.database.database import Database


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of an application, with defaults for those not defined."""

    before_serving: Callable[[Database], None] = lambda database: None
    """Runs when a command opens the migrated database, before the service uses it."""
    after_copy: Callable[[sqlite3.Connection], None] = lambda connection: None
    """Runs in the copy created by `orderly backup`; the engine commits."""
    mark_restored: Callable[[Database], None] | None = None
    """Runs for `orderly db mark-restored`: the database was restored to an earlier state in an undetectable way."""
    purges: Mapping[str, Callable[[Session], int]] = field(default_factory=dict)
    """`PURGES`: for each kind of row that `orderly purge` deletes, a function that deletes and returns the count."""


def find_hooks(application: Application) -> Hooks:
    """Return the hooks of an application.

    Raises:
        CommandError: the module cannot be imported.
    """
    module = application.import_database("hooks")
    defined: dict[str, Any] = {
        hook.name: getattr(module, name)
        for hook in fields(Hooks)
        if hasattr(module, name := hook.name.upper() if hook.name == "purges" else hook.name)
    }
    return Hooks(**defined)
