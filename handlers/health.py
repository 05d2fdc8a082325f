"""Operations of the tag health: probes of load balancers and orchestrators."""

from importlib.metadata import version

from handlers import contract_types
from orderly.database.readiness import Readiness

VERSION = version("orderly-api")


def get_liveness() -> contract_types.Liveness:
    """Return that the process responds."""
    return {"status": "ok"}


def get_readiness(*, readiness: Readiness) -> contract_types.Readiness:
    """Return that the service can serve, or fail with the failing part."""
    readiness.check_ready()
    return {"status": "ok", "version": VERSION}
