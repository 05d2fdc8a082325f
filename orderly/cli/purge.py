"""`orderly purge`: forget what has expired."""

from rich.progress import Progress

from db import api_keys, sessions
from orderly.cli.console import err, out
from orderly.cli.db import open_migrated
from orderly.config.settings import Settings
from orderly.database import idempotency

PURGES = {
    "sessions and their tokens": sessions.purge,
    "API keys": api_keys.purge,
    "idempotency records": idempotency.purge,
}


def purge() -> None:
    """Forget expired and ended sessions, tokens and API keys, and idempotency records that are over 24 hours old."""
    forgotten = {}
    bar = Progress(console=err, transient=True, disable=not err.is_terminal)
    with open_migrated(Settings.load()) as database, bar as progress:
        for what, forget in progress.track(PURGES.items(), description="Purging"):
            with database.writing() as session:
                forgotten[what] = forget(session)
                session.commit()
    out.print("Forgotten: " + ", ".join(f"{count} {what}" for what, count in forgotten.items()) + ".")
