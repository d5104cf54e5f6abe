"""Destroys what has expired, and what hangs on no message a day after it was handed over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from polydesk.jobs.registry import tick

from .models import Secret

UNUSED_FOR = timedelta(hours=24)


@tick(every=timedelta(hours=1), name="vault.sweep", offset=timedelta(minutes=23))
def sweep(due: datetime) -> int:
    """How many values were destroyed."""
    expired = Q(expires_at__lte=due)
    unused = Q(uses__isnull=True, created_at__lt=due - UNUSED_FOR)
    gone = Secret.objects.exclude(sealed="").filter(expired | unused).values_list("pk", flat=True)
    return Secret.objects.filter(pk__in=list(gone)).update(sealed="", destroyed_at=due)
