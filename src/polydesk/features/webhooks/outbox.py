"""From recorded edits to deliveries: rows and jobs in the causing transaction, nothing sent (RS-040)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from polydesk import jobs
from polydesk.tickets.edits import Recorded
from polydesk.tickets.models import Event
from polydesk.tickets.statements import writing

from . import types
from .formats import FORMATS
from .models import Delivery, Endpoint

LISTENING = "SELECT 1 FROM webhooks_endpoint WHERE organization_id = %s AND is_active"


def take(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits, for organizations that have an endpoint (`LISTENING`)."""
    endpoints = list(
        Endpoint.objects.filter(organization=recorded[0].event.organization_id, is_active=True).order_by("pk")
    )
    made = [d for endpoint in endpoints for d in _deliveries(endpoint, (one.event for one in recorded))]
    if made:
        writing.insert(made)
    for delivery in made:
        ask(delivery)


def tell(endpoint: Endpoint, type: str, subject: dict[str, Any]) -> None:
    """A message about something that is no ticket; its format composes it from the subject."""
    delivery = Delivery.objects.create(endpoint=endpoint, type=type, subject=subject)
    ask(delivery)


def ask(delivery: Delivery) -> None:
    """Ask for the sending: in order per endpoint and ticket, two at once per endpoint, not before it wants to."""
    endpoint = delivery.endpoint
    jobs.later(
        "webhook.send",
        {"delivery": delivery.pk},
        lane=f"{endpoint.group}:{delivery.ticket_id or 0}",
        group=endpoint.group,
        due=endpoint.slow_until if endpoint.slow_until and endpoint.slow_until > delivery.created_at else None,
    )


def _deliveries(endpoint: Endpoint, events: Iterable[Event]) -> Iterator[Delivery]:
    form = FORMATS.get(endpoint.format)
    for event in events:
        if form is None or not form.wants(endpoint, event):
            continue
        for names in types.candidates(event.verb, event.changes):
            name = types.wanted(endpoint.types, names)
            if name and not (name == "comment.created" and _all_internal(event) and not endpoint.internal_notes):
                yield Delivery(endpoint=endpoint, type=name, event_id=event.pk, ticket_id=event.ticket_id)


def _all_internal(event: Event) -> bool:
    entries = event.changes.get("+comment", ())
    return all(entry.get("internal") or entry.get("type") == "task" for entry in entries)
