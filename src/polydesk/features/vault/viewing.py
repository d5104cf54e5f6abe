"""Showing a value: who may, once or until it expires, and the row that remembers it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.tickets import access, queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Denied, Missing
from polydesk.web.sentences import say

from . import Gone, sealing
from .models import Secret, Viewing


def why(outcome: str) -> str:
    """The sentence for whoever is shown nothing."""
    return {
        "denied": say("Only staff who work on the ticket may see its secrets."),
        "expired": say("This secret has expired."),
        "used": say("This secret was shown already and is destroyed."),
        "destroyed": say("This secret is destroyed."),
        "unreadable": say("This secret was sealed with a key that this site no longer has."),
    }[outcome]


def reveal(secret: Secret | int, *, by: Actor, via: str) -> str:
    """The value. The log's row is committed also when the answer is no."""
    with transaction.atomic():
        row = _find(secret, by)
        outcome, value = _open(row, by)
        Viewing.objects.create(secret=row, person_id=by.person_id, via=via, outcome=outcome)
        if outcome == "shown" and row.view_once:
            row.destroy()
    if outcome == "denied":
        raise Denied(why(outcome))
    if outcome != "shown":
        raise Gone(why(outcome))
    return value


def _find(secret: Secret | int, by: Actor) -> Secret:
    """The secret, held, when it hangs on a ticket that the actor sees; else there is none for him."""
    number = secret.pk if isinstance(secret, Secret) else secret
    found = Secret.objects.select_for_update().filter(pk=number, organization_id=by.organization_id).first()
    if found is None or not any(queries.can_see(by, ticket) for ticket in _tickets(found)):
        raise Missing
    return found


def _open(row: Secret, by: Actor) -> tuple[str, str]:
    if not any(by.is_staff and access.may(by, "note", kind=t.kind, ticket=t) for t in _tickets(row)):
        return "denied", ""
    if row.expires_at is not None and row.expires_at <= timezone.now():
        return "expired", ""
    if not row.sealed:
        return ("used" if row.view_once else "destroyed"), ""
    try:
        return "shown", sealing.unseal(row.sealed, row.organization_id)
    except sealing.Unreadable:
        return "unreadable", ""


def _tickets(secret: Secret) -> list[Ticket]:
    return list(Ticket.objects.filter(pk__in=secret.uses.values("ticket"), deleted_at__isnull=True))
