"""`orderly health`: query the readiness of the service, for whatever watches over its process."""

import json
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from orderly.cli.console import out
from orderly.config.application import Application, find_application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.contract import model
from orderly.server.url import address

TIMEOUT = 3
"""Seconds that the service may take to respond."""
READINESS = "/health/ready"
"""How the path of the readiness operation ends, unless the application names another one."""


def health() -> None:
    """Ask the service of these settings whether it is ready for requests; exit code 1 if it is not."""
    application = find_application()
    url = address(Settings.read(application.folder))
    status, body = _get(url, readiness_path(application))
    if status != 200:
        raise CommandError(_detail(body) or f"{url} is not ready: its status is {status}.")
    out.print(f"{url} is ready.")


def readiness_path(application: Application) -> str:
    """Return the URL path of the application's readiness.

    Raises:
        CommandError: neither its settings nor its contract have one.
    """
    if application.readiness:
        return application.readiness
    contract = model.load(application.contract)
    found = (o.path for o in contract.operations if o.method == "GET" and o.path.endswith(READINESS))
    path = next(found, None)
    if path is None:
        raise CommandError(
            f"The contract has no operation GET ...{READINESS}: "
            "give the path of another one as readiness in [tool.orderly]."
        )
    return contract.base_path + path


def _get(url: str, path: str) -> tuple[int, bytes]:
    connection = _connection(url)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, HTTPException):
        raise CommandError(f"Nothing answers at {url}: see whether the service runs, with these settings.") from None
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=TIMEOUT)
    # The certificate is for the name that clients use, and this machine trusts itself.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=context)


def _detail(body: bytes) -> str | None:
    """Return the detail of a problem document; None where an application renders errors otherwise."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["detail"])
    return None
