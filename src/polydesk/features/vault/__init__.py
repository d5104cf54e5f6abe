"""Secrets on tickets: sealed at rest, shown to the staff on demand, every showing logged (RC-096, SE-155)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from polydesk.directory.actors import Actor
    from polydesk.tickets.models import Ticket
    from polydesk.tickets.rules import Rule

    from .models import Secret


class Gone(Exception):
    """The value is there no more: it expired, was shown once already, or cannot be opened; the text says which."""


def put(title: str, value: str, *, by: Actor, view_once: bool = False, expires_at: dt.datetime | None = None) -> Secret:
    """Keep a secret of the actor's company that hangs on no message yet."""
    from . import sealing
    from .models import Secret

    return Secret.objects.create(
        organization_id=by.organization_id,
        company_id=by.company_id if by.side == "customer" else None,
        title=title,
        sealed=sealing.seal(value, by.organization_id),
        author_id=by.person_id,
        view_once=view_once,
        expires_at=expires_at,
    )


def own(by: Actor, ids: Iterable[int]) -> dict[int, Secret]:
    """Those of the named secrets that the actor's company handed over: only these it may hang on its tickets."""
    from .models import Secret

    company = Q(company_id=by.company_id or 0) if by.side == "customer" else Q(company_id__isnull=True)
    return Secret.objects.filter(company, organization_id=by.organization_id, pk__in=list(ids)).in_bulk()


def hang(secrets: Iterable[Secret]) -> Rule:
    """A rule that hangs secrets on the message of the edit it is passed to; the event keeps their titles."""
    from .hanging import secrets_hang_on_the_message

    return secrets_hang_on_the_message(list(secrets))


def on_ticket(ticket: Ticket) -> QuerySet[Secret]:
    """The secrets that hang on a ticket's messages, oldest first."""
    from .models import Secret

    return Secret.objects.filter(uses__ticket=ticket).distinct().order_by("pk")


def reveal(secret: Secret | int, *, by: Actor, via: str) -> str:
    """The value, for staff who work on a ticket that it hangs on. Raises Missing, Denied or Gone; all are logged."""
    from . import viewing

    return viewing.reveal(secret, by=by, via=via)


__all__ = ["Gone", "hang", "on_ticket", "own", "put", "reveal"]
