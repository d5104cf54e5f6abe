"""How much one installation may ask (AT-008, AT-540, AT-542); no artificial delay below the limit (AT-541)."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from polydesk.directory.actors import Actor
from polydesk.web import limits
from polydesk.web.limits import Limit
from polydesk.web.models import Bucket

from .errors import Failure

HOUR = 3600
_running: Counter[tuple[str, str]] = Counter()
_lock = threading.Lock()


def threshold() -> int:
    """Requests per hour and organization; 0 is no limit."""
    return int(getattr(settings, "POLYDESK_AT_LIMIT_REQUESTS", 10_000))


def count(actor: Actor) -> None:
    """One request against the hourly limit."""
    amount = threshold()
    if amount:
        verdict = limits.take(Limit("autotask", amount=amount, seconds=HOUR), f"org:{actor.organization_id}")
        if not verdict.allowed:
            raise Failure(
                f"The limit of {amount} requests in 60 minutes is reached; try again later.",
                status=429,
                headers=verdict.headers,
            )


def used(actor: Actor) -> int:
    """How many of the last hour's requests have been used up."""
    amount = threshold()
    bucket = Bucket.objects.filter(name=f"autotask:org:{actor.organization_id}").first()
    if bucket is None or not amount:
        return 0
    refilled = bucket.tokens + max(0.0, time.time() - bucket.updated) * amount / HOUR
    return max(0, round(amount - refilled))


@contextmanager
def thread(actor: Actor, entity: str) -> Iterator[None]:
    """Refuses the call beyond the allowed ones that run at once per tracking identifier and entity in one process."""
    most = int(getattr(settings, "POLYDESK_AT_LIMIT_THREADS", 0))
    if not most:
        yield
        return
    key = (str(actor.limits.get("integration_code")), entity.lower())
    with _lock:
        _running[key] += 1
        over = _running[key] > most
    try:
        if over:
            text = f"The thread threshold of {most} concurrent calls for this entity is exceeded."
            raise Failure(text, status=429, headers={"Retry-After": "1"})
        yield
    finally:
        with _lock:
            _running[key] -= 1
