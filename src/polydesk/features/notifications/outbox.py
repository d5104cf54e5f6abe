"""From recorded edits to one job in the causing transaction; nothing is told or sent there (RS-040).

An edit that concerns nobody else costs no statement, any other costs one, however many people it concerns (RS-165)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from polydesk import jobs
from polydesk.tickets.edits import Recorded, now

from . import news

NEWS_FOR = dt.timedelta(days=1)
"""What happened longer ago was brought in by an import or a story, and is no news."""


def take(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits."""
    since = now() - NEWS_FOR
    events = [r.event for r in recorded if r.event.at > since and news.concerns_others(r.event, r.edit.ticket)]
    if events:
        tickets = {event.ticket_id for event in events}
        # What happened to one ticket is told in order.
        lane = f"notify:{tickets.pop()}" if len(tickets) == 1 else ""
        jobs.later("notification.tell", {"events": [event.pk for event in events]}, lane=lane)
