"""For tests: run what is due here and now, in this thread."""

from datetime import datetime, timedelta

from django.utils import timezone

from polydesk.jobs import running, ticks, worker
from polydesk.jobs.registry import TICKS


def drain(*, ahead: timedelta = timedelta(0), most: int = 10_000) -> int:
    """Runs every job that is due (or will be within `ahead`), also those that these ask for; how many ran.

    A handler's Retry and GiveUp have their usual effect; any other exception is a bug and is raised.
    """
    for count in range(most):
        job = running.claim("drain", now=timezone.now() + ahead)
        if job is None:
            return count
        if surprise := worker.perform(job):
            raise surprise
    raise AssertionError(f"still jobs after {most}: do they ask for each other?")


def run_tick(name: str, now: datetime | None = None) -> int:
    """Fires one tick as if it were `now` and runs what is due; 0 when that due time was handed out before."""
    tick = TICKS[name]
    handed_out = ticks.hand_out(tick, ticks.latest_due(tick, now or timezone.now()))
    drain()
    return handed_out
