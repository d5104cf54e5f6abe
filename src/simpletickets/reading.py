"""Who sees which ticket, in which role (ST-021, ST-025 … ST-030)."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404

from .models import Ticket, TicketQuerySet
from .people import Visitor

CLOSED_PHASES = ("closed", "dropped")
ADMIN, STAFF, OWNER = "admin", "staff", "owner"


def _of_desk(visitor: Visitor) -> TicketQuerySet:
    found: TicketQuerySet = Ticket.objects.filter(organization_id=visitor.person.organization_id).select_related(
        "requester__user", "assignee__user"
    )
    # Drafts are in nobody's list but their creator's (RC-359).
    return found.exclude(Q(status="draft") & ~Q(creator=visitor.person))


def in_list(visitor: Visitor) -> list[Ticket]:
    """The visitor's list: by state, severity and creation, all rising."""
    found = _of_desk(visitor)
    if visitor.is_admin:
        found = found.exclude(phase__in=CLOSED_PHASES)
    elif visitor.is_staff:
        mine = Q(assignee=visitor.person) & ~Q(phase__in=CLOSED_PHASES)
        found = found.filter(Q(phase="new") | mine)
    else:
        found = found.filter(requester=visitor.person)
    return sorted(found, key=lambda t: (t.state, t.severity, t.created_at, t.pk))


def find(visitor: Visitor, ticket_id: int, *, closed_too: bool = False) -> tuple[Ticket, str]:
    """A ticket and the role in which the visitor meets it, or 404. `closed_too`: the monitor and the attachment stay
    open to the ticket's own staff member and the admins after closing (ST-059)."""
    ticket = _of_desk(visitor).filter(pk=ticket_id).first() if 0 < ticket_id < 2**63 else None
    if ticket is not None:
        if visitor.is_admin:
            return ticket, ADMIN
        mine = ticket.assignee_id == visitor.person.pk and (closed_too or ticket.phase not in CLOSED_PHASES)
        if visitor.is_staff and (ticket.phase == "new" or mine):
            return ticket, STAFF
        if ticket.requester_id == visitor.person.pk:
            return ticket, OWNER
    raise Http404
