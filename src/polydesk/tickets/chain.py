"""The chain of a ticket's events: each holds the SHA-256 of its content and of the event before it (PL-022).

What is digested are the facts (who, when, which verb) and the digest of the values, so that erasing the values of a
person leaves every link intact (RS-174)."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from django.db.models import Q

from polydesk.web.statements import fetch_one

from .models import Event

HEAD = "SELECT digest FROM tickets_event WHERE ticket_id = %s AND number = %s"


def seal(event: Event, previous: str) -> None:
    """Give the event its salt, its digests and its place in the chain."""
    event.salt = secrets.token_hex(16)
    event.values_digest = digest_of_values(event.changes, event.salt)
    event.previous = previous
    event.digest = digest(event)


def digest(event: Event) -> str:
    """The SHA-256 over the event's facts, its values' digest and the event before it."""
    facts = [
        event.organization_id,
        event.ticket_id,
        event.number,
        event.verb,
        event.actor_id,
        event.side,
        event.impersonator_id,
        event.via,
        event.cause,
        event.at.astimezone(dt.UTC).isoformat(),
        event.public,
        event.comment_id,
        event.values_digest,
        event.previous,
    ]
    return hashlib.sha256(_canonical(facts)).hexdigest()


def digest_of_values(changes: Any, salt: str) -> str:
    """The salted SHA-256 of the values."""
    return hashlib.sha256(salt.encode() + _canonical(changes)).hexdigest()


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def heads(numbers: Mapping[int, int]) -> dict[int, str]:
    """The digests of the newest events of these tickets (ticket id -> event number). One query, none when empty."""
    if not numbers:
        return {}
    if len(numbers) == 1:
        [(ticket_id, number)] = numbers.items()
        found = fetch_one(HEAD, (ticket_id, number))
        return {ticket_id: str(found[0])} if found else {}
    wanted = Q(pk__in=())
    for ticket_id, number in numbers.items():
        wanted |= Q(ticket_id=ticket_id, number=number)
    return dict(Event.objects.filter(wanted).values_list("ticket_id", "digest"))


def broken(organization_id: int | None = None) -> Iterator[tuple[Event, str]]:
    """Every event at which a chain is broken, with the reason; reads all events once, flat in memory."""
    events = Event.objects.order_by("ticket_id", "number")
    if organization_id is not None:
        events = events.filter(organization_id=organization_id)
    ticket_id, number, previous = None, 0, ""
    for event in events.iterator(chunk_size=2000):
        if event.ticket_id != ticket_id:
            ticket_id, number, previous = event.ticket_id, 0, ""
        if event.number != number + 1:
            yield event, f"event {number + 1} of ticket {ticket_id} is missing"
        elif event.previous != previous:
            yield event, "it does not follow the event before it"
        elif event.erased_at is None and event.values_digest != digest_of_values(event.changes, event.salt):
            yield event, "its values were changed"
        elif event.digest != digest(event):
            yield event, "its facts were changed"
        number, previous = event.number, event.digest
