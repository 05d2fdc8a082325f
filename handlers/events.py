"""The feed of what happened, for programs that follow the shop from outside."""

from typing import cast

from db import events
from db.base import rfc3339
from db.events import Event
from db.page import Listing
from openapi import types


def list_events(*, type: str | None = None) -> Listing[types.Event]:
    """What happened, oldest first; it can be followed for ever."""
    order = [Event.position, Event.id]
    return Listing(events.feed(type=type), order=order, shape=_shape, descending=False, follow=True)


def _shape(event: Event) -> types.Event:
    return {
        "id": event.id,
        "type": event.type,
        "subject_id": event.subject_id,
        "actor_id": event.actor_id,
        "data": cast("types.EventData", event.data),
        "created_at": rfc3339(event.created_at),
    }
