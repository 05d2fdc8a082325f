"""The command line: the commands, and how what they refuse is told."""

import sys
import warnings
from importlib.metadata import version
from typing import Annotated

import typer

from orderly.cli import backup, check, client, db, diff, generate, health, key, purge, routes, seed, serve, user
from orderly.cli.console import err, out
from orderly.config.settings import CommandError
from orderly.contract import model
from orderly.contract.loader import ContractError
from orderly.errors import DomainError, Invalid
from orderly.http.problems import Problems

app = typer.Typer(
    name="orderly",
    help="The back end of a small business behind one contract.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(serve.serve)
app.command()(health.health)
app.command()(check.check)
app.command()(routes.routes)
app.command()(diff.diff)
app.command()(generate.types)
app.command()(generate.stub)
app.command()(purge.purge)
app.command()(seed.seed)
app.command()(backup.backup)
app.add_typer(db.app, name="db")
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.add_typer(client.app, name="client")


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(version("orderly-api"))
        raise typer.Exit


@app.callback()
def _options(
    wanted: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Run one command. What it refuses is one plain line on stderr, and exit code 1."""
    warnings.filterwarnings("ignore", module="connexion")  # about its own imports; nobody who runs Orderly can mend it
    try:
        _check_utf8(sys.argv)
        app()
    except (CommandError, ContractError) as refusal:
        _end(str(refusal))
    except Invalid as refusal:
        _end("; ".join(f"{error['pointer'].lstrip('/')}: {error['message']}" for error in refusal.errors))
    except DomainError as refusal:
        _end(_detail(refusal))


def _check_utf8(words: list[str]) -> None:
    """What is not UTF-8 can neither be kept nor shown."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise CommandError("A word of this command is not UTF-8: write it in UTF-8.") from None


def _detail(refusal: DomainError) -> str:
    """Return the detail of a refusal from the contract's catalogue, if there is one that can be read."""
    try:
        catalogue = model.load().errors
    except ContractError:
        catalogue = {}
    return Problems(catalogue).detail(refusal) or refusal.code


def _end(line: str) -> None:
    err.print(line)
    sys.exit(1)
