"""`orderly health`: the readiness of a running service, for process supervisors."""

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
"""Seconds the service may take to respond."""
READINESS = "/health/ready"
"""Last part of the path of the readiness operation; an application may configure another path."""


def health() -> None:
    """Check whether the running service is ready for requests.

    The service is that of the current settings. The exit code is 1 if it is not ready.
    """
    application = find_application()
    url = address(Settings.read(application.folder))
    status, body = _get(url, readiness_path(application))
    if status != 200:
        raise CommandError(_detail(body) or f"{url} is not ready: the status is {status}.")
    out.print(f"{url} is ready.")


def readiness_path(application: Application) -> str:
    """Return the URL path of the application's readiness.

    Raises:
        CommandError: neither its settings nor its contract define one.
    """
    if application.readiness:
        return application.readiness
    contract = model.load(application.contract)
    paths = (o.path for o in contract.operations if o.method == "GET" and o.path.endswith(READINESS))
    path = next(paths, None)
    if path is None:
        raise CommandError(
            f"The contract has no operation GET ...{READINESS}: "
            "set readiness in [tool.orderly] to the path of another operation."
        )
    return contract.base_path + path


def _get(url: str, path: str) -> tuple[int, bytes]:
    connection = _connection(url)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, HTTPException):
        raise CommandError(
            f"Cannot reach {url}: no service responds. Check that it runs with the same settings."
        ) from None
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=TIMEOUT)
    # The certificate is issued for the public name of the service, and the machine can trust itself.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=context)


def _detail(body: bytes) -> str | None:
    """Return the detail of a problem document, or None for another format."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["detail"])
    return None
