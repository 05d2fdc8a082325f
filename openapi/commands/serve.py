"""`orderly serve`: the service, after every check that can be made before a port is open."""

import os
from tempfile import TemporaryDirectory

from openapi.commands.database import open_migrated
from openapi.commands.terminal import err, out
from openapi.settings import Settings


def serve() -> None:
    """Serve the API, its docs and its errors until SIGINT or SIGTERM."""
    settings = Settings.load()
    with open_migrated(settings):
        pass
    if settings.workers > 1 and settings.rate_limits and not settings.redis_url:
        err.print("Without ORDERLY_REDIS_URL each of the workers counts its own rate limits.")
    with TemporaryDirectory(prefix="orderly-metrics-") as folder:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)  # before its library is imported, or it counts alone
        from openapi.serving import serve as run  # takes a second, and only this command needs it

        run(settings, _announce)


def _announce(url: str) -> None:
    out.print(f"Orderly serves its API at {url}/v1\nand explains it at {url}/docs")
