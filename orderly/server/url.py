"""Where the service is, for somebody on the same machine."""

from orderly.config.settings import Settings

WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here
"""What answers at every address answers at this one."""


def address(settings: Settings) -> str:
    """The URL of the service."""
    scheme = "https" if settings.tls_cert_file else "http"
    host = WILDCARD_HOSTS.get(settings.host, settings.host)
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"
