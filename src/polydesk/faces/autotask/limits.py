"""How much one installation may ask (AT-008, AT-540, AT-542); no artificial delay below the limit (AT-541).

What the vendor calls an installation, one customer's database, is an organization here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from polydesk.directory.actors import Actor
from polydesk.web import limits

from . import rolling
from .errors import Failure

running: Counter[tuple[int, str, str]] = Counter()
_lock = threading.Lock()


def threshold() -> int:
    """Requests per rolling hour and organization; 0 is no limit."""
    return int(getattr(settings, "POLYDESK_AT_LIMIT_HOUR", 10_000))


def count(actor: Actor) -> None:
    """One request against the hourly limit."""
    most = threshold()
    if most and not limits.is_off() and (wait := rolling.of(actor.organization_id).take(most)):
        text = f"The limit of {most} requests in 60 minutes is reached; try again later."
        raise Failure(text, status=429, headers={"Retry-After": str(wait)})


def used(actor: Actor) -> int:
    """How many requests the last hour has seen."""
    return rolling.of(actor.organization_id).used()


@contextmanager
def thread(actor: Actor, entity: str) -> Iterator[None]:
    """Refuses the call beyond the allowed ones that run at once per tracking identifier and entity in one process."""
    most = int(getattr(settings, "POLYDESK_AT_LIMIT_THREADS", 0))
    if not most:
        yield
        return
    key = (actor.organization_id, str(actor.limits.get("integration_code")), entity.lower())
    with _lock:
        if running[key] >= most:
            text = f"The thread threshold of {most} concurrent calls for this entity is exceeded."
            raise Failure(text, status=429, headers={"Retry-After": "1"})
        running[key] += 1
    try:
        yield
    finally:
        with _lock:
            running[key] -= 1
            if not running[key]:
                del running[key]
