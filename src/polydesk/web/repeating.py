"""Doing a request's work again when the database undid it for reasons of its own (RS-008).

Serialization failures, deadlocks and connections lost before COMMIT leave nothing behind, so the view runs again, up to
three times, with a pause of random length. Never after an unclear COMMIT, and never when the request has committed
anything already: it would happen twice."""

import random
import time
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from polydesk.web.deadlines import WATCHDOG
from polydesk.web.engines import CommitUnknown

TRIES = 3
_UNDONE = {"40001", "40P01"}
# Said while the server ends or starts; a connection that simply breaks says nothing.
_LOST = {None, "57P01", "57P02", "57P03", "08000", "08003", "08006"}


def commits() -> int:
    """What this thread's connection has committed so far; Django's own backends do not count and are never repeated."""
    return getattr(connection, "commits", -1)


def may_repeat(exception: BaseException, commits_before: int) -> bool:
    if not isinstance(exception, OperationalError | InterfaceError) or isinstance(exception, CommitUnknown):
        return False
    if WATCHDOG.away or connection.vendor != "postgresql" or commits_before < 0 or commits() != commits_before:
        return False
    cause = exception.__cause__
    if type(cause).__name__ == "PoolTimeout":
        return False
    return getattr(cause, "sqlstate", None) in _UNDONE | _LOST


def repeat(request: HttpRequest, exception: BaseException, commits_before: int) -> HttpResponseBase:
    """The view's answer; raises what the last try raised."""
    match = request.resolver_match
    for tries in range(1, TRIES + 1):
        if match is None or not may_repeat(exception, commits_before):
            break
        time.sleep(random.uniform(0.02, 0.1) * tries)
        connection.close_if_unusable_or_obsolete()
        try:
            answer: Any = match.func(request, *match.args, **match.kwargs)
            return answer  # type: ignore[no-any-return]
        except Exception as again:
            exception = again
    raise exception
