"""The feed of what happened, for programs that follow the shop from outside."""

from typing import Any

from db import events
from db.base import rfc3339
from db.events import Event
from db.page import Listing


def list_events(*, type: str | None = None) -> Listing:
    """What happened, oldest first; it can be followed for ever."""
    order = [Event.position, Event.id]
    return Listing(events.feed(type=type), order=order, shape=_shape, descending=False, follow=True)


def _shape(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject_id": event.subject_id,
        "actor_id": event.actor_id,
        "data": event.data,
        "created_at": rfc3339(event.created_at),
    }
