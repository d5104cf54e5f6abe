"""Who looks at a ticket and who writes on it (PL-108, PL-204): said every few seconds, forgotten when it is not."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils import timezone

from polydesk.directory.actors import Actor

from . import bell
from .models import Presence

# A page says every 25 seconds that it is looked at, and every 4 seconds that somebody types.
LASTS = dt.timedelta(seconds=40)
WRITES = dt.timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Present:
    """One who is there, and what he does: `viewing` or `writing`."""

    id: int
    name: str
    doing: str


def note(actor: Actor, ticket_id: int, *, writing: bool = False) -> None:
    """This person is at this visible ticket now. One statement."""
    if actor.person_id is None:
        return
    now = timezone.now()
    row = Presence(
        organization_id=actor.organization_id,
        ticket_id=ticket_id,
        person_id=actor.person_id,
        until=now + LASTS,
        writing_until=now + WRITES if writing else None,
    )
    Presence.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["ticket", "person"], update_fields=["until", "writing_until"]
    )
    bell.ring(actor.organization_id)


def leave(actor: Actor, ticket_id: int) -> None:
    """This person has gone to something else."""
    Presence.objects.filter(ticket_id=ticket_id, person_id=actor.person_id).delete()
    bell.ring(actor.organization_id)


def on(ticket_id: int) -> list[Present]:
    """Who is at one ticket, by name. One statement."""
    return _read(ticket_id=ticket_id).get(ticket_id, [])


def within(organization_id: int) -> dict[int, list[Present]]:
    """Who is at which ticket of an organization. One statement, and a small one: it holds only who is there now."""
    return _read(organization_id=organization_id)


def _read(**where: Any) -> dict[int, list[Present]]:
    now = timezone.now()
    rows = Presence.objects.filter(until__gt=now, **where).order_by("person__name", "person_id")
    found: dict[int, list[Present]] = defaultdict(list)
    for ticket_id, person_id, name, writing in rows.annotate(name=F("person__name")).values_list(
        "ticket_id", "person_id", "name", "writing_until"
    ):
        doing = "writing" if writing is not None and writing > now else "viewing"
        found[ticket_id].append(Present(person_id, name, doing))
    return dict(found)
