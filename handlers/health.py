"""What load balancers and orchestrators ask."""

from importlib.metadata import version
from typing import Any

from db.readiness import Readiness

VERSION = version("orderly")


def get_liveness() -> dict[str, Any]:
    """The process answers."""
    return {"status": "ok"}


def get_readiness(*, readiness: Readiness) -> dict[str, Any]:
    """The service can serve; otherwise a refusal that names the part that does not work."""
    readiness.refuse_unready()
    return {"status": "ok", "version": VERSION}
