"""What the engine does by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from polydesk.jobs.registry import tick
from polydesk.web import files

from .commands.fields import settle_due
from .models import Attachment

UPLOADS_WAIT = timedelta(hours=24)


@tick(every=timedelta(minutes=1), name="tickets.settle_due")
def close_what_is_due(due: datetime) -> int:
    """Solved tickets close by themselves when their time has come (RC-307, RS-193); how many did."""
    return settle_due(due)


@tick(every=timedelta(hours=1), name="tickets.forget_uploads", offset=timedelta(minutes=41))
def forget_uploads(due: datetime) -> int:
    """Uploads that nobody attached within a day are forgotten (RS-011, SE-154); how many."""
    waiting = Attachment.objects.filter(ticket__isnull=True, created_at__lt=due - UPLOADS_WAIT)
    return waiting.delete()[1].get("tickets.Attachment", 0)


@tick(every=timedelta(hours=1), name="tickets.sweep_files", offset=timedelta(minutes=47), atomic=False)
def sweep_files(due: datetime) -> int:
    """Bytes that no row names any more go (RS-011); how many files."""
    return files.sweep(known_digests)


def known_digests(digests: list[str]) -> set[str]:
    """Which of these digests a row still names."""
    return set(Attachment.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
