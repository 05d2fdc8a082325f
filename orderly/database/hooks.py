"""What the engine runs in an application's `db/hooks.py`: each name there is optional."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy.orm import Session

from orderly.config.application import Application
from orderly.database.database import Database


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of an application."""

    before_serving: Callable[[Database], None] = lambda database: None
    """Runs when a command opens the migrated database, before a service uses it."""
    after_copy: Callable[[sqlite3.Connection], None] = lambda connection: None
    """Runs in the copy that `orderly backup` makes; the engine commits."""
    mark_restored: Callable[[Database], None] | None = None
    """Runs for `orderly db mark-restored`: the database went back to an earlier state, and nothing in it shows that."""
    purges: Mapping[str, Callable[[Session], int]] = field(default_factory=dict)
    """`PURGES`: what `orderly purge` deletes, and for each the function that deletes it and returns how many."""


def find_hooks(application: Application) -> Hooks:
    """Return the hooks of an application.

    Raises:
        CommandError: its module cannot be imported.
    """
    module = application.import_database("hooks")
    given: dict[str, Any] = {
        hook.name: getattr(module, name)
        for hook in fields(Hooks)
        if hasattr(module, name := hook.name.upper() if hook.name == "purges" else hook.name)
    }
    return Hooks(**given)
