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
from orderly.cli.db import open_migrated
from orderly.config.settings import CommandError, Settings
from orderly.contract import model
from orderly.http.messages import ASGIApp
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.server.gc import freeze_gc


def serve(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Serve from the contract's examples, on a database that is thrown away.")
    ] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Let a save of the contract be live at once.")] = False,
) -> None:
    """Serve the API, its docs and its errors until SIGINT or SIGTERM."""
    settings = Settings.load()
    if sandbox or reload:
        _serve_devtools(settings, sandbox=sandbox, reload=reload)
        return
    run(settings)


def create_service(settings: Settings, *, is_stopping: Callable[[], bool]) -> ASGIApp:
    """Return the application of this folder."""
    from orderly.app import create_app  # after the metrics have their folder

    return create_app(settings, model.load(), HandlerResolver(), is_stopping=is_stopping)


def run(settings: Settings, create: Callable[..., ASGIApp] = create_service) -> None:
    """Check what can be checked, and serve what `create` makes."""
    with open_migrated(settings):
        pass
    if settings.workers > 1 and settings.rate_limits and not settings.redis_url:
        err.print("Without ORDERLY_REDIS_URL each of the workers counts its own rate limits.")
    with TemporaryDirectory(prefix="orderly-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)  # before its library is imported, or it counts alone
        with freeze_gc():
            from orderly.server import server  # only this command needs it

        server.serve(settings, _announce, create)


def _serve_devtools(settings: Settings, *, sandbox: bool, reload: bool) -> None:
    from orderly.devtools.sandbox.devserver import create_devserver
    from orderly.devtools.sandbox.sandbox import sandbox_settings
    from orderly.server import server

    if settings.is_production:
        raise CommandError("--sandbox and --reload are for those who write contracts, not for production.")
    create = partial(create_devserver, sandbox=sandbox, reload=reload)
    with TemporaryDirectory(prefix="orderly-sandbox-") as folder:
        settings = sandbox_settings(settings, Path(folder)) if sandbox else settings.model_copy(update={"workers": 1})
        if not sandbox:
            with open_migrated(settings):
                pass
        server.serve(settings, _announce_sandbox if sandbox else _announce, create)


def _announce(url: str) -> None:
    out.print(f"Orderly serves its API at {url}/v1\nand explains it at {url}/docs")


def _announce_sandbox(url: str) -> None:
    _announce(url)
    with urllib.request.urlopen(f"{url}/sandbox/accounts") as answer:  # noqa: S310  # our own
        accounts = json.load(answer)["accounts"]
    out.print("This is a sandbox: what is in it goes when it ends, or by POST /sandbox/reset.")
    for account in accounts:
        out.print(f"\n{account['role']}: {account['email']}, password {account['password']}")
        out.print(f"Authorization: Bearer {account['token']}")
