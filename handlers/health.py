"""What load balancers and orchestrators ask."""

from importlib.metadata import version
from typing import Any

from sqlalchemy.orm import Session

from db.session import refuse_unusable

VERSION = version("orderly")


def get_liveness() -> dict[str, Any]:
    """The process answers."""
    return {"status": "ok"}


def get_readiness(*, session: Session) -> dict[str, Any]:
    """The service can serve; otherwise a refusal that names the part that does not work."""
    refuse_unusable(session)
    return {"status": "ok", "version": VERSION}
