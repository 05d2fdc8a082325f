"""`orderly health`: whether the service is ready, for whoever watches over its process."""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from orderly.cli.console import out
from orderly.config.settings import CommandError, Settings
from orderly.server.url import address

HEALTH_TIMEOUT = 3
"""Seconds that the service may take to answer."""


def health() -> None:
    """Ask the service of these settings whether it is ready for requests; exit code 1 if it is not."""
    url = address(Settings.load())
    status, body = _ask(url)
    if status != 200:
        raise CommandError(json.loads(body)["detail"])
    out.print(f"{url} is ready.")


def _ask(url: str) -> tuple[int, bytes]:
    connection = _connection(url)
    try:
        connection.request("GET", "/v1/health/ready")
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        raise CommandError(f"Nothing answers at {url}: see whether the service runs, with these settings.") from None
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=HEALTH_TIMEOUT)
    # The certificate is for the name that clients use, and this machine trusts itself.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, parts.port, timeout=HEALTH_TIMEOUT, context=context)
