"""Uploads that nobody attached within a day are forgotten (RS-011, SE-154)."""

from __future__ import annotations

from datetime import datetime, timedelta

from polydesk.jobs.registry import tick

from .models import Attachment

WAITS = timedelta(hours=24)


@tick(every=timedelta(hours=1), name="tickets.sweep", offset=timedelta(minutes=41))
def sweep(due: datetime) -> int:
    """How many waiting uploads were removed; their bytes go with the sweep of files that no row names."""
    waiting = Attachment.objects.filter(ticket__isnull=True, created_at__lt=due - WAITS)
    return waiting.delete()[1].get("tickets.Attachment", 0)
