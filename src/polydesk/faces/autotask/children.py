"""What children of a ticket share: it must be there, the caller may write, the parent is named once."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from polydesk.directory.actors import Actor
from polydesk.tickets import access
from polydesk.tickets.kinds import KINDS
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing

from . import auth, rules
from .errors import Failure
from .fields import Field
from .incoming import Incoming, refer
from .tables import Tables

VIA = "autotask"
PAIR = 2**26
"""Rows that the engine keeps as a list have the id `ticket * PAIR + member`, stable and below 2^53."""


def author(call: Any) -> Actor:
    """Who writes a child: the ticket rights of the security level, the module, impersonation."""
    auth.may_write(call.actor, "edit")
    rules.service_desk_is_on(call.tables)
    return auth.impersonate(call.request, call.actor, verb="edit")


def ticket_of(call: Any, incoming: Incoming | None = None, name: str = "ticketID") -> Ticket:
    """The visible ticket of the address, or of the body for root entities."""
    number = call.number("parent_id")
    if incoming is not None:
        given = incoming.given.get(name)
        if number is not None and given is not None and given != number:
            raise Failure(f"{name}: the body names another record than the address.")
        number = number if number is not None else given
    ticket = auth.visible(call.actor).filter(pk=number).first() if number and 0 < number < 2**63 else None
    if ticket is None:
        raise Missing
    return ticket  # type: ignore[no-any-return]


def below(row: Any, call: Any, column: str = "ticket_id") -> Any:
    """A child that belongs to the parent of the address, else Missing."""
    number = call.number("parent_id")
    if row is None or (number is not None and getattr(row, column) != number):
        raise Missing
    return row


def of_visible(rows: QuerySet[Any], tables: Tables, column: str = "ticket") -> QuerySet[Any]:
    """The rows whose ticket the caller may see: asked row by row, as SQLite would first list all tickets for an IN."""
    return rows.filter(Exists(auth.visible(tables.actor).order_by().filter(pk=OuterRef(f"{column}_id"))))


def without_internal(rows: QuerySet[Any], tables: Tables) -> QuerySet[Any]:
    """Internal entries are for those who read them by right, and for their author (RC-177)."""
    if len(access.kinds_with(tables.actor, "triage")) == len(KINDS):
        return rows
    return rows.filter(Q(internal=False) | Q(author_id=tables.actor.person_id))


def staff_author(tables: Tables) -> Any:
    """The author when he writes for the desk."""
    return Case(When(side="customer", then=None), default=F("author_id"), output_field=IntegerField())


def customer_author(tables: Tables) -> Any:
    """The author when he is a contact."""
    return Case(When(side="customer", then=F("author_id")), default=None, output_field=IntegerField())


def staff_impersonator(tables: Tables) -> Any:
    """The API user behind an impersonated resource."""
    return Case(When(side="customer", then=None), default=F("impersonator_id"), output_field=IntegerField())


def author_kind(tables: Tables) -> Any:
    """1 resource, 2 contact."""
    return Case(When(side="customer", then=Value(2)), default=Value(1), output_field=IntegerField())


def parent_ticket(**facts: Any) -> Field:
    """The `ticketID` of a child."""
    return Field("ticketID", column="ticket_id", reference="Tickets", **facts)


def pair(member: str) -> Any:
    """The id of a row that the engine keeps as a list."""

    def build(tables: Tables) -> Any:
        return ExpressionWrapper(F("ticket_id") * Value(PAIR) + F(member), output_field=BigIntegerField())

    return build


def contact_author(call: Any, actor: Actor, ticket: Ticket, incoming: Incoming, name: str, public: bool) -> Actor:
    """Contact impersonation on notes and attachments (AT-029, AT-414): without the right the value has no effect."""
    value = incoming.given.get(name)
    if value is None or not auth.may_impersonate_contacts(call.actor):
        return actor
    contact = refer("Contacts", value, call.tables.organization_id)
    if contact is None or not contact.is_active:
        raise Failure(f"{name}: the contact does not exist or is inactive.")
    if not public:
        raise Failure(f"{name}: a contact cannot write internally (publish).")
    company = ticket.company
    if contact.company_id is None or contact.company_id not in (ticket.company_id, company and company.parent_id):
        raise Failure(f"{name}: the ticket belongs to another company.")
    return auth.as_contact(actor, contact)


def own_facts(row: Any, **facts: Any) -> dict[str, Any]:
    """The `extra` of an entry with this face's own facts changed."""
    own = {**row.extra.get("autotask", {}), **facts} if row is not None else dict(facts)
    return {**(row.extra if row is not None else {}), "autotask": {k: v for k, v in own.items() if v is not None}}
