"""`orderly routes`: every operation, who may call it, how often, and what handles it."""

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from orderly.cli.console import out
from orderly.config.application import find_application
from orderly.contract import model
from orderly.contract.operation import Operation
from orderly.contract.summary import describe_access, describe_limits
from orderly.pipeline.handler_resolver import HandlerResolver

COLUMNS = ("method", "path", "operation", "who", "scopes", "limits", "handler")


def routes() -> None:
    """List every operation: method, path, who may call it, its limits, and its handler or none."""
    application = find_application()
    loaded = model.load(application.contract)
    table = Table(*(Column(title, overflow="fold") for title in COLUMNS), box=SIMPLE_HEAD)
    for operation in loaded.operations:
        table.add_row(
            operation.method,
            loaded.base_path + operation.path,
            operation.operation_id,
            describe_access(loaded, operation),
            " ".join(sorted(_scopes_of(operation))),
            describe_limits(operation),
            _handler(HandlerResolver(application), operation),
        )
    out.print(table)


def _handler(resolver: HandlerResolver, operation: Operation) -> str | Text:
    handler = resolver.handler(operation)
    return Text("none", "red") if handler is None else f"{handler.__module__}.{handler.__name__}"


def _scopes_of(operation: Operation) -> frozenset[str]:
    """Every scope that an operation asks for, by whichever credential."""
    return frozenset[str]().union(*(scopes for each in operation.security for scopes in each.values()))
