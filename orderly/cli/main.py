"""The command line: the commands of the engine and of the application, and one plain line for what fails."""

import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated

import typer

from orderly.cli import backup, check, client, db, diff, generate, health, purge, routes, serve
from orderly.cli.console import err, out
from orderly.cli.errors import explain
from orderly.config.application import ApplicationNotFound, find_application
from orderly.config.errors import CommandError
from orderly.contract.loader import ContractError
from orderly.errors import DomainError

COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve.serve,
    "health": health.health,
    "check": check.check,
    "routes": routes.routes,
    "diff": diff.diff,
    "types": generate.types,
    "stub": generate.stub,
    "purge": purge.purge,
    "backup": backup.backup,
}
GROUPS = {"db": db.app, "client": client.app}


def run() -> None:
    """Run one command. What it refuses is one plain line on stderr, and exit code 1."""
    warnings.filterwarnings("ignore", module="connexion")  # about its own imports; nobody who runs Orderly can mend it
    try:
        _check_utf8(sys.argv)
        command_line(sys.argv[1:])()
    except (CommandError, ContractError, DomainError) as error:
        _end(explain(error))


def command_line(words: list[str]) -> typer.Typer:
    """Return the command line for these words: with the application's commands, unless the engine has the first word.

    Raises:
        CommandError: the application's pyproject.toml or its handlers/commands.py is broken.
    """
    app = typer.Typer(
        name="orderly",
        help="Serves an OpenAPI contract.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for name, command in COMMANDS.items():
        app.command(name)(command)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name)
    with suppress(ApplicationNotFound):  # some commands need none, and each other says so
        application = find_application()
        application.put_on_path()
        is_own = words[:1] == ["--version"] or {*words[:1]} & {*COMMANDS, *GROUPS}
        commands = None if is_own else application.import_handlers("commands")
        if commands is not None:
            if not isinstance(getattr(commands, "app", None), typer.Typer):
                raise CommandError(f"{application.handlers}/commands.py has no app: define app = typer.Typer().")
            app.add_typer(commands.app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(version("orderly-api"))
        raise typer.Exit


def _options(
    wanted: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _check_utf8(words: list[str]) -> None:
    """What is not UTF-8 can neither be kept nor shown."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise CommandError("A word of this command is not UTF-8: write it in UTF-8.") from None


def _end(line: str) -> None:
    err.print(line)
    sys.exit(1)
