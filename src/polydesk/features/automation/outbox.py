"""From recorded edits to one job for each in the causing transaction; nothing is done there (RS-040)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from polydesk import jobs
from polydesk.tickets.edits import Recorded, now

from . import recipe
from .happenings import happens
from .models import Automation

LISTENING = "SELECT 1 FROM automation_automation WHERE organization_id = %s AND is_active AND NOT is_timed"
"""Organizations without such a row do not come here, and pay for that no statement of their own."""
NEWS_FOR = dt.timedelta(days=1)
"""What happened longer ago was brought in by an import or a story, and nobody waits for it."""


def take(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits: one statement, and one for each event that somebody waits for."""
    since = now() - NEWS_FOR
    rows = Automation.objects.filter(
        organization=recorded[0].event.organization_id, is_active=True, is_timed=False
    ).order_by("position", "pk")
    waiting = [(pk, when) for pk, kept in rows.values_list("pk", "recipe") if (when := _event(kept))]
    for event in (one.event for one in recorded if one.event.at > since):
        wanted = [pk for pk, when in waiting if happens(when, event)]
        if wanted:
            # What happens to one ticket is answered in order.
            jobs.later(
                "automation.event", {"event": event.pk, "automations": wanted}, lane=f"automation:{event.ticket_id}"
            )


def _event(kept: object) -> recipe.Event | None:
    when = recipe.read(kept).when
    return when if isinstance(when, recipe.Event) else None
