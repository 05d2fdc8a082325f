"""Where the service is, for somebody on the same machine."""

from orderly.config.settings import Settings

MEANS_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here
"""What answers at every address answers at this one."""


def address(settings: Settings) -> str:
    """The URL of the service."""
    scheme = "https" if settings.tls_certificate else "http"
    host = MEANS_ALL.get(settings.host, settings.host)
    return f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"
