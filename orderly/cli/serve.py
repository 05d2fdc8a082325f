"""`orderly serve`: the service, after every check that can be made before a port is open."""

import json
import os
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from orderly.cli.console import err, out
from orderly.cli.database_access import open_migrated
from orderly.config.application import Application, find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.contract import model
from orderly.http.messages import ASGIApp
from orderly.server.gc import freeze_gc


def serve(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Serve from the contract's examples, on a database that is thrown away.")
    ] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Let a save of the contract be live at once.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port to listen on, instead of ORDERLY_PORT.")
    ] = None,
) -> None:
    """Serve the API, its docs and its errors until SIGINT or SIGTERM."""
    application = find_application()
    settings = Settings.load(application)
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    if sandbox or reload:
        _serve_devtools(application, settings, sandbox=sandbox, reload=reload)
        return
    run(application, settings, partial(_create, application=application))


def run(application: Application, settings: Settings, create: Callable[..., ASGIApp]) -> None:
    """Check what can be checked, and serve what `create` makes of the settings."""
    _check_database(settings)
    if settings.workers > 1 and settings.rate_limits and not settings.redis_url:
        err.print("Without ORDERLY_REDIS_URL each of the workers counts its own rate limits.")
    with TemporaryDirectory(prefix="orderly-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)  # before its library is imported, or it counts alone
        with freeze_gc():
            from orderly.server import server  # only this command needs it

        server.serve(settings, partial(_announce, application), create)


def _create(settings: Settings, application: Application, *, is_stopping: Callable[[], bool]) -> ASGIApp:
    from orderly.app import create_app  # after the folder of the metrics is known, and no other command needs it

    return create_app(settings, application, is_stopping=is_stopping)


def _check_database(settings: Settings) -> None:
    """Raise CommandError unless the database can be served. An application may do without one."""
    if settings.database_url:
        with open_migrated(settings):
            pass


def _serve_devtools(application: Application, settings: Settings, *, sandbox: bool, reload: bool) -> None:
    from orderly.devtools.sandbox.devserver import create_devserver
    from orderly.devtools.sandbox.sandbox import sandbox_settings
    from orderly.server import server

    if settings.is_production:
        raise CommandError("--sandbox and --reload are for those who write contracts, not for production.")
    create = partial(create_devserver, application=application, sandbox=sandbox, reload=reload, report=err.print)
    with TemporaryDirectory(prefix="orderly-sandbox-") as folder:
        settings = sandbox_settings(settings, Path(folder)) if sandbox else settings.model_copy(update={"workers": 1})
        if not sandbox:
            _check_database(settings)
        server.serve(settings, partial(_announce_sandbox if sandbox else _announce, application), create)


def _announce(application: Application, url: str) -> None:
    base_path = model.load(application.contract).base_path  # after the start, which it would make longer
    out.print(f"Orderly serves its API at {url}{base_path}\nand explains it at {url}/docs")


def _announce_sandbox(application: Application, url: str) -> None:
    _announce(application, url)
    with urllib.request.urlopen(f"{url}/sandbox/accounts") as answer:  # noqa: S310  # our own
        accounts = json.load(answer)["accounts"]
    out.print("This is a sandbox: what is in it goes when it ends, or by POST /sandbox/reset.")
    for account in accounts:
        out.print(f"\n{account['role']}: {account['email']}, password {account['password']}")
        out.print(f"Authorization: Bearer {account['token']}")
