"""What the server sweeps by the clock; `web` knows of no jobs, so its own rows are swept from here."""

from datetime import datetime, timedelta

from polydesk.jobs.registry import tick
from polydesk.web import idempotency, limits


@tick(every=timedelta(hours=1), name="server.sweep_idempotency", offset=timedelta(minutes=7))
def sweep_idempotency(due: datetime) -> object:
    """Answers kept for repeated requests are forgotten after a day (RS-020)."""
    return idempotency.sweep()


@tick(every=timedelta(minutes=10), name="server.sweep_limits", offset=timedelta(minutes=3))
def sweep_limits(due: datetime) -> object:
    """Full buckets of the rate limiter need no row (RS-160)."""
    return limits.sweep()
