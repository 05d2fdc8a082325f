"""What load balancers and orchestrators ask."""

from importlib.metadata import version

from sqlalchemy.orm import Session

from db.session import refuse_unusable
from openapi import types

VERSION = version("orderly")


def get_liveness() -> types.Liveness:
    """The process answers."""
    return {"status": "ok"}


def get_readiness(*, session: Session) -> types.Readiness:
    """The service can serve; otherwise a refusal that names the part that does not work."""
    refuse_unusable(session)
    return {"status": "ok", "version": VERSION}
