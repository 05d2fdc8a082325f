"""What load balancers and orchestrators ask."""

from importlib.metadata import version

from db.readiness import Readiness
from openapi import types

VERSION = version("orderly")


def get_liveness() -> types.Liveness:
    """The process answers."""
    return {"status": "ok"}


def get_readiness(*, readiness: Readiness) -> types.Readiness:
    """The service can serve; otherwise a refusal that names the part that does not work."""
    readiness.refuse_unready()
    return {"status": "ok", "version": VERSION}
