"""Closing without a job: a solved ticket is closed once its span has passed (ST-045, ST-048, RC-307)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from polydesk.tickets import commands
from polydesk.tickets.edits import now
from polydesk.tickets.models import Ticket

from . import settings
from .fields import FACE


def span(final: bool, extra: Collection[str]) -> dt.timedelta | None:
    """From solved to closed for this face's tickets: the setting in force, never a stored one (RC-088)."""
    if not (final or FACE in extra):
        return None
    found: dt.timedelta = settings.ST_DELTA_CLOSE
    return found


def settle() -> int:
    """Close everything that is due, each at the moment it was due; how many. One query when nothing is."""
    moment = now()
    due = Ticket.objects.filter(
        phase="solved", final=True, deleted_at__isnull=True, solved_at__lt=moment - settings.ST_DELTA_CLOSE
    )
    return commands.settle_due(moment, final_span=settings.ST_DELTA_CLOSE) if due.exists() else 0
