"""The door of a web process: who may come in while the database is away or the disk is nearly full (RS-161)."""

import shutil
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from polydesk.web.deadlines import WATCHDOG
from polydesk.web.middleware import refuse
from polydesk.web.problems import Problem

SAFE = ("GET", "HEAD", "OPTIONS")
# Said of the process and of its dependencies, whatever these do.
ALWAYS = ("/healthz", "/readyz", "/metrics")
_LOOK_AGAIN = 1.0


class Pressure:
    """Refuses at once what could only wait, and has the watchdog look after the rest."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reading = request.method in SAFE
        if request.path_info not in ALWAYS:
            if WATCHDOG.away:
                return refuse(
                    request, Problem("unavailable", "The database does not answer.", headers={"Retry-After": "2"})
                )
            if not reading and not disk_has_room():
                return refuse(
                    request, Problem("unavailable", "The disk is nearly full.", headers={"Retry-After": "60"})
                )
        with WATCHDOG.watching(reading=reading):
            return self.answer(request)


_looked: tuple[float, bool] = (0.0, True)


def disk_has_room() -> bool:
    """Is there more room than the floor of the settings? Looked at once a second."""
    global _looked
    now = time.monotonic()
    if now - _looked[0] > _LOOK_AGAIN:
        _looked = (now, _has_room())
    return _looked[1]


def _has_room() -> bool:
    folder, floor = getattr(settings, "DATA_DIR", None), getattr(settings, "POLYDESK_DISK_FLOOR_MB", 0)
    try:
        return folder is None or shutil.disk_usage(folder).free >= floor * 1024 * 1024
    except OSError:  # nothing is known of it; readiness tells that the folder is missing
        return True
