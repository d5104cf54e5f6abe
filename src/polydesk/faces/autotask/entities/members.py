"""Lists of a ticket: secondary resources, additional contacts and items, tags (AT-440 … AT-446)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from polydesk.directory.models import PersonJobRole
from polydesk.directory.models.things import ASSET_TYPES
from polydesk.tickets import commands
from polydesk.tickets.models import Participant, Ticket, TicketItem, TicketTag
from polydesk.tickets.refusals import Missing

from ..children import PAIR, VIA, author, below, of_visible, pair, parent_ticket, ticket_of
from ..errors import Failure
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..models import SecondaryRole
from ..rows import take_parent
from ..rules import pair_fault
from ..tables import Tables

MOST_SECONDARIES = 50
ASSETS = [key for key, _ in ASSET_TYPES]


def _id(member: str) -> Field:
    return Field("id", "long", required=True, read_only=True, expression=pair(member))


def secondaries(tables: Tables) -> QuerySet[Participant]:
    """The further assigned people, without the assignee (RC-046)."""
    rows = Participant.objects.filter(part="assigned", person__isnull=False).exclude(person=F("ticket__assignee"))
    return of_visible(rows, tables)


def contacts(tables: Tables) -> QuerySet[Participant]:
    """The contacts among the watchers, without the requester (RC-049)."""
    rows = Participant.objects.filter(part="watching", person__isnull=False).exclude(person__in=tables.staff)
    return of_visible(rows.exclude(person=F("ticket__requester")), tables)


def items(tables: Tables) -> QuerySet[TicketItem]:
    """The linked assets but the primary one (RC-058)."""
    rows = TicketItem.objects.filter(kind__in=ASSETS).exclude(item_id=F("ticket__asset_id"))
    return of_visible(rows, tables)


def tags(tables: Tables) -> QuerySet[TicketTag]:
    """The tags of visible tickets."""
    return of_visible(TicketTag.objects.all(), tables)


def _role(tables: Tables) -> Any:
    """The role it was added with, else the person's default one."""
    kept = SecondaryRole.objects.filter(ticket=OuterRef("ticket_id"), person=OuterRef("person_id"))
    held = PersonJobRole.objects.filter(person=OuterRef("person_id"), is_default=True, is_active=True)
    return Coalesce(Subquery(kept.values("role_id")[:1]), Subquery(held.values("role_id")[:1]))


def add_secondary(call: Any, incoming: Incoming) -> int:
    """The pair exists, works in a queue, and is neither primary nor listed (AT-311, AT-313, AT-440)."""
    actor, ticket, rows = _begin(call, incoming, "resourceID", "roleID")
    person, role = rows["resourceID"], rows["roleID"]
    fault = pair_fault(person.pk, role.pk)
    if not person.is_active:
        raise Failure("resourceID: an inactive resource cannot be assigned.")
    if fault:
        raise Failure(f"resourceID, roleID: {fault}")
    if person.pk == ticket.assignee_id:
        raise Failure("resourceID: the resource is the primary resource of this ticket.")
    if person.pk in ticket.assigned_people:
        raise Failure("resourceID: the resource is a secondary resource already.")
    if len(ticket.assigned_people) >= MOST_SECONDARIES:
        raise Failure(f"resourceID: a ticket can have at most {MOST_SECONDARIES} secondary resources.")
    people = [*ticket.assigned_people, person.pk]
    commands.edit(ticket, {"assigned_people": people}, by=actor, via=VIA)
    SecondaryRole.objects.update_or_create(ticket=ticket, person=person, defaults={"role": role})
    return _number(secondaries(call.tables).filter(ticket=ticket, person=person), "person_id")


def remove_secondary(call: Any, number: int) -> int:
    """The person leaves the list."""
    actor, row = author(call), _member(call, secondaries, number, "person_id")
    left = [p for p in row.ticket.assigned_people if p != row.person_id]
    commands.edit(row.ticket, {"assigned_people": left}, by=actor, via=VIA)
    SecondaryRole.objects.filter(ticket=row.ticket, person=row.person_id).delete()
    return number


def add_contact(call: Any, incoming: Incoming) -> int:
    """Of the ticket's company or its parent, active, once, not the primary one (AT-280, AT-441)."""
    actor, ticket, rows = _begin(call, incoming, "contactID")
    person = rows["contactID"]
    company = ticket.company
    if company is None or person.company_id not in (company.pk, company.parent_id):
        raise Failure("contactID: the contact belongs to another company.")
    if not person.is_active:
        raise Failure("contactID: an inactive contact cannot be chosen.")
    if person.pk == ticket.requester_id:
        raise Failure("contactID: this is the ticket's contact.")
    if person.pk in ticket.watchers:
        raise Failure("contactID: the contact is on the ticket already.")
    commands.edit(ticket, {"watchers": [*ticket.watchers, person.pk]}, by=actor, via=VIA)
    return _number(contacts(call.tables).filter(ticket=ticket, person=person), "person_id")


def remove_contact(call: Any, number: int) -> int:
    """The contact no longer hears of the ticket."""
    actor, row = author(call), _member(call, contacts, number, "person_id")
    left = [p for p in row.ticket.watchers if p != row.person_id]
    commands.edit(row.ticket, {"watchers": left}, by=actor, via=VIA)
    return number


def add_item(call: Any, incoming: Incoming) -> int:
    """An asset of the ticket's company, once, not the primary one (AT-442)."""
    actor, ticket, rows = _begin(call, incoming, "configurationItemID")
    asset = rows["configurationItemID"]
    if asset.company_id != ticket.company_id:
        raise Failure("configurationItemID: the configuration item belongs to another company.")
    if asset.pk == ticket.asset_id:
        raise Failure("configurationItemID: this is the ticket's primary configuration item.")
    if [asset.type, asset.pk] in ticket.items:
        raise Failure("configurationItemID: the configuration item is on the ticket already.")
    commands.edit(ticket, {"items": [*ticket.items, [asset.type, asset.pk]]}, by=actor, via=VIA)
    return int(items(call.tables).get(ticket=ticket, item_id=asset.pk).pk)


def remove_item(call: Any, number: int) -> int:
    """The link goes, the asset stays."""
    actor, row = author(call), below(items(call.tables).filter(pk=number).first(), call)
    left = [p for p in row.ticket.items if p != [row.kind, row.item_id]]
    commands.edit(row.ticket, {"items": left}, by=actor, via=VIA)
    return number


def add_tag(call: Any, incoming: Incoming) -> int:
    """An active tag, once (AT-446)."""
    actor, ticket, rows = _begin(call, incoming, "tagID")
    tag = rows["tagID"]
    if tag.pk in ticket.tags:
        raise Failure("tagID: the tag is on the ticket already.")
    commands.edit(ticket, {"tags": [*ticket.tags, tag.pk]}, by=actor, via=VIA)
    return _number(tags(call.tables).filter(ticket=ticket, tag=tag), "tag_id")


def remove_tag(call: Any, number: int) -> int:
    """The tag leaves the ticket."""
    actor, row = author(call), _member(call, tags, number, "tag_id")
    left = [t for t in row.ticket.tags if t != row.tag_id]
    commands.edit(row.ticket, {"tags": left}, by=actor, via=VIA)
    return number


def _begin(call: Any, incoming: Incoming, *names: str) -> tuple[Any, Ticket, dict[str, Any]]:
    actor = author(call)
    take_parent(call, incoming, "ticketID")
    ticket = ticket_of(call, incoming)
    incoming.check_required(*names)
    rows = incoming.check_references()
    incoming.refuse()
    return actor, ticket, rows


def _member(call: Any, rows: Callable[[Tables], QuerySet[Any]], number: int, member: str) -> Any:
    wanted = rows(call.tables).annotate(at_id=pair(member)(call.tables)).filter(at_id=number)
    row = below(wanted.select_related("ticket").first(), call)
    if row is None:
        raise Missing
    return row


def _number(rows: QuerySet[Any], member: str) -> int:
    row = rows.get()
    return int(row.ticket_id * PAIR + getattr(row, member))


def _entity(name: str, path: str, rows: Any, create: Any, delete: Any, *fields: Field) -> Entity:
    return Entity(
        name=name,
        fields=(fields[0], parent_ticket(), *fields[1:]),
        rows=rows,
        parent="Tickets",
        path=path,
        parent_field="ticketID",
        create=create,
        delete=delete,
    )


ENTITIES = (
    _entity(
        "TicketSecondaryResources",
        "SecondaryResources",
        secondaries,
        add_secondary,
        remove_secondary,
        _id("person_id"),
        Field("resourceID", column="person_id", required=True, reference="Resources"),
        Field("roleID", required=True, reference="Roles", expression=_role),
    ),
    _entity(
        "TicketAdditionalContacts",
        "AdditionalContacts",
        contacts,
        add_contact,
        remove_contact,
        _id("person_id"),
        Field("contactID", column="person_id", required=True, reference="Contacts"),
    ),
    _entity(
        "TicketAdditionalConfigurationItems",
        "AdditionalConfigurationItems",
        items,
        add_item,
        remove_item,
        identity(),
        Field("configurationItemID", column="item_id", required=True, reference="ConfigurationItems"),
    ),
    _entity(
        "TicketTagAssociations",
        "TagAssociations",
        tags,
        add_tag,
        remove_tag,
        _id("tag_id"),
        Field("tagID", column="tag_id", required=True, reference="Tags"),
    ),
)
