"""The tables of an application, from its models."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import MetaData

from orderly.database.models import Base


def metadata(package: str) -> MetaData:
    """Import every module of a database package, and return its tables."""
    for module in iter_modules(import_module(package).__path__, f"{package}."):
        if not module.ispkg:
            import_module(module.name)
    return Base.metadata


def belongs_to(dialect: str) -> Callable[..., bool]:
    """Return a filter for the schema items of a dialect.

    An item belongs to all dialects, or to the one in its `only` info.
    """
    return lambda item, *_: item.info.get("only", dialect) == dialect
