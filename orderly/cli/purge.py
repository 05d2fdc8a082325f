"""`orderly purge`: forget what has expired."""

from rich.progress import Progress

from orderly.cli.console import err, out
from orderly.cli.database_access import open_migrated
from orderly.config.application import find_application
from orderly.config.settings import Settings
from orderly.database import idempotency
from orderly.database.hooks import find_hooks


def purge() -> None:
    """Forget idempotency records that are over 24 hours old, and whatever else the application lets expire."""
    application = find_application()
    purges = {**find_hooks(application).purges, "idempotency records": idempotency.purge}
    forgotten = {}
    bar = Progress(console=err, transient=True, disable=not err.is_terminal)
    with open_migrated(Settings.load(application)) as database, bar as progress:
        for what, forget in progress.track(purges.items(), description="Purging"):
            with database.writing() as session:
                forgotten[what] = forget(session)
                session.commit()
    out.print("Forgotten: " + ", ".join(f"{count} {what}" for what, count in forgotten.items()) + ".")
