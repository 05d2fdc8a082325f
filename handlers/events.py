"""The feed of what happened, for programs that follow the shop from outside."""

from typing import cast

from db import events
from db.events import Event
from handlers import contract_types
from orderly.database.models import rfc3339
from orderly.database.pagination import Listing


def list_events(*, type: str | None = None) -> Listing[contract_types.Event]:
    """What happened, oldest first; it can be followed for ever."""
    order = [Event.position, Event.id]
    return Listing(events.feed(type=type), order=order, serialize=_serialize, descending=False, follow=True)


def _serialize(event: Event) -> contract_types.Event:
    return {
        "id": event.id,
        "type": event.type,
        "subject_id": event.subject_id,
        "actor_id": event.actor_id,
        "data": cast("contract_types.EventData", event.data),
        "created_at": rfc3339(event.created_at),
    }
