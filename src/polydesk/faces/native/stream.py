"""How an event reads on the stream: small and without names, so that nobody has to be asked for them (PL-108)."""

from __future__ import annotations

from polydesk.directory.actors import Actor
from polydesk.features.live import hub
from polydesk.tickets.models import Event

from . import showing


def tell(actor: Actor, event: Event) -> bytes:
    """One message."""
    shown = {
        "id": event.pk,
        "ticket": event.ticket_id,
        "verb": event.verb,
        "at": event.at,
        "actor": event.actor_id,
        "comment": event.comment_id,
        "changed": sorted(showing.changes_for(actor, event)),
    }
    return hub.message("comment" if event.comment_id and event.verb == "comment" else "ticket", event, shown)
