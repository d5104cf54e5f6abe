"""May these bytes be handed out? Only what the scanner called clean (RS-105)."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied

from polydesk import jobs
from polydesk.jobs.models import Job

from .models import Verdict

KIND = "file.examine"


class Held(PermissionDenied):
    """The scanner has not called the file clean, or not yet."""


def is_on() -> bool:
    """Is there a scanner?"""
    return bool(getattr(settings, "POLYDESK_SCANNER", ""))


def check(sha256: str) -> None:
    """Raises Held; what was never examined, such as a file older than the scanner, is examined now."""
    if not is_on():
        return
    verdict = Verdict.objects.filter(pk=sha256).first()
    if verdict is None:
        if not Job.objects.filter(kind=KIND, key=sha256, done=None).exists():
            jobs.later(KIND, {"sha256": sha256}, key=sha256)
        raise Held("This file has not been examined yet.")
    if not verdict.clean:
        raise Held("The scanner has refused this file.")
