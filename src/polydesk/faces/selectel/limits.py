"""Limits per account and minute, of this face's own work alone (SE-037, SE-038, RC-203)."""

from __future__ import annotations

from django.conf import settings

from polydesk.directory.actors import Actor
from polydesk.web import limits

from .auth import is_client
from .errors import Failure

DEFAULTS = {"TICKETS": 60, "COMMENTS": 300, "FILES": 120}


class PerMinute(limits.Limit):
    """Taken one by one within the request's own transaction, so that a request that fails gives its token back."""

    @property
    def chunk(self) -> int:
        """No tokens are kept in a process's memory."""
        return 1


def charge(what: str, actor: Actor) -> None:
    """Count one of `what` (TICKETS, COMMENTS, FILES). Called last, in the transaction of the work where it can fail."""
    amount = getattr(settings, f"POLYDESK_SE_LIMIT_{what}", DEFAULTS[what])
    if not amount:
        return
    who = f"company:{actor.company_id}" if is_client(actor) else f"person:{actor.person_id}"
    verdict = limits.take(PerMinute(f"selectel.{what.lower()}", amount=amount, seconds=60), who)
    if not verdict.allowed:
        retry = {"Retry-After": verdict.headers["Retry-After"]}
        raise Failure(429, f"At most {amount} {what.lower()} a minute.", headers=retry)
