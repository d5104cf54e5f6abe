"""Approvals of change requests (AT-444)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, When

from polydesk.features.approvals import voting
from polydesk.features.approvals.models import Approver
from polydesk.tickets.refusals import Missing

from ..children import VIA, author, below, of_visible, parent_ticket, ticket_of
from ..errors import Failure
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import take_parent
from ..tables import Tables


def rows(tables: Tables) -> QuerySet[Approver]:
    """Members of the board and extra approvers of visible tickets."""
    return of_visible(Approver.objects.all(), tables)


def _resource(tables: Tables) -> Any:
    staff = Q(person_id__in=tables.staff)
    return Case(When(staff, then=F("person_id")), default=None, output_field=IntegerField())


def _contact(tables: Tables) -> Any:
    staff = Q(person_id__in=tables.staff)
    return Case(When(staff, then=None), default=F("person_id"), output_field=IntegerField())


def create(call: Any, incoming: Incoming) -> int:
    """Exactly one of resource and contact, active; with the vote when it is given."""
    actor = author(call)
    take_parent(call, incoming, "ticketID")
    ticket = ticket_of(call, incoming)
    given = incoming.given
    named = [n for n in ("resourceID", "contactID") if given.get(n) is not None]
    if len(named) != 1:
        raise Failure("resourceID, contactID: exactly one of them is needed.")
    incoming.check_lengths()
    people = incoming.check_references(skip=("ticketID",))
    incoming.refuse()
    if ticket.kind != "change":
        raise Failure("ticketID: the ticket must be a change request.")
    person = people[named[0]]
    if not person.is_active:
        raise Failure(f"{named[0]}: an inactive person cannot approve.")
    note = given.get("approveRejectNote") or ""
    row = voting.ask(ticket, person, by=actor, via=VIA, vote=given.get("isApproved"), note=note)
    return int(row.pk)


def delete(call: Any, number: int) -> int:
    """An extra approver, with the vote; a member of the board stays."""
    actor = author(call)
    row = below(rows(call.tables).filter(pk=number).first(), call)
    if row is None:
        raise Missing
    voting.withdraw(row, by=actor, via=VIA)
    return number


ENTITY = Entity(
    name="TicketChangeRequestApprovals",
    fields=(
        identity(),
        parent_ticket(),
        Field("resourceID", reference="Resources", expression=_resource),
        Field("contactID", reference="Contacts", expression=_contact),
        Field("isApproved", "boolean", "approved"),
        Field("approveRejectNote", "string", "note", length=2000),
        Field("approveRejectDateTime", "datetime", "voted_at", read_only=True),
    ),
    rows=rows,
    parent="Tickets",
    path="ChangeRequestApprovals",
    parent_field="ticketID",
    create=create,
    delete=delete,
)
ENTITIES = (ENTITY,)
