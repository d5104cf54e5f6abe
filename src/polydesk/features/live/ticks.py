"""Removes who has gone without saying so."""

from __future__ import annotations

from datetime import datetime, timedelta

from polydesk.jobs.registry import tick

from .models import Presence


@tick(every=timedelta(minutes=10), name="live.forget", offset=timedelta(minutes=3))
def forget(due: datetime) -> int:
    """How many rows had lapsed."""
    return Presence.objects.filter(until__lt=due).delete()[0]
