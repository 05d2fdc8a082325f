"""The health of the service."""

from typing import Any

from orderly.database.readiness import Readiness


def get_readiness(*, readiness: Readiness) -> dict[str, Any]:
    """Return an empty object if the service is ready."""
    readiness.check_ready()
    return {}
