"""The URL of the service on its own machine."""

from orderly.config.settings import Settings

WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here
"""The loopback address for a service that listens on all addresses."""


def address(settings: Settings) -> str:
    """Return the URL of the service."""
    scheme = "https" if settings.tls_cert_file else "http"
    host = WILDCARD_HOSTS.get(settings.host, settings.host)
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"
