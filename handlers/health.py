"""What load balancers and orchestrators ask."""

from importlib.metadata import version

from handlers import contract_types
from orderly.database.readiness import Readiness

VERSION = version("orderly-api")


def get_liveness() -> contract_types.Liveness:
    """The process answers."""
    return {"status": "ok"}


def get_readiness(*, readiness: Readiness) -> contract_types.Readiness:
    """The service can serve; otherwise a refusal that names the part that does not work."""
    readiness.check_ready()
    return {"status": "ok", "version": VERSION}
