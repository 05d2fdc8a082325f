"""`orderly purge`: deletion of expired rows."""

from rich.progress import Progress

from orderly.cli.console import err, out
from orderly.cli.database_access import open_migrated
from orderly.config.application import find_application
from orderly.config.settings import Settings
from orderly.database import idempotency
from orderly.database.hooks import find_hooks


def purge() -> None:
    """Delete expired rows.

    These are idempotency records older than 24 hours, and what the application's database hooks define.
    """
    application = find_application()
    purges = {**find_hooks(application).purges, "idempotency records": idempotency.purge}
    counts = {}
    bar = Progress(console=err, transient=True, disable=not err.is_terminal)
    with open_migrated(Settings.load(application)) as database, bar as progress:
        for kind, delete in progress.track(purges.items(), description="Purging"):
            with database.writing() as session:
                counts[kind] = delete(session)
                session.commit()
    out.print("Deleted: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()) + ".")
