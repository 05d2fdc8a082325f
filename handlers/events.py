"""Operations of the tag events: the event feed for other programs."""

from typing import cast

from db import events
from db.events import Event
from handlers import contract_types
from orderly import Page
from orderly.times import rfc3339


def list_events(*, type: str | None = None) -> Page[contract_types.Event]:
    """List the events, oldest first; a client can follow the list."""
    order = [Event.position, Event.id]
    return Page(events.feed(type=type), _serialize, order, descending=False, follow=True)


def _serialize(event: Event) -> contract_types.Event:
    return {
        "id": event.id,
        "type": event.type,
        "subject_id": event.subject_id,
        "actor_id": event.actor_id,
        "data": cast("contract_types.EventData", event.data),
        "created_at": rfc3339(event.created_at),
    }
