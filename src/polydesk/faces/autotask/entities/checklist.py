"""Checklist items of tickets, and libraries copied onto them (AT-430 … AT-432)."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from polydesk.features.checklists import items
from polydesk.features.checklists.models import Item, Library

from ..children import VIA, author, below, of_visible, parent_ticket, ticket_of
from ..errors import unknown_reference
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import take_parent
from ..tables import Tables

MOST = 40


def rows(tables: Tables) -> QuerySet[Item]:
    """The items of visible tickets."""
    return of_visible(Item.objects.all(), tables)


def _done(tables: Tables) -> Any:
    done = Q(done_at__isnull=False)
    return Case(When(done, then=Value(True)), default=Value(False), output_field=BooleanField())


CORE = {
    "itemName": "name",
    "isImportant": "is_important",
    "position": "position",
    "knowledgebaseArticleID": "article_id",
}


def create(call: Any, incoming: Incoming) -> int:
    """Without a position at the end (AT-431)."""
    actor = author(call)
    take_parent(call, incoming, "ticketID")
    ticket = ticket_of(call, incoming)
    incoming.check_required("itemName")
    _check(incoming)
    facts = {CORE[n]: v for n, v in incoming.given.items() if n in CORE and v is not None}
    done = bool(incoming.given.get("isCompleted"))
    item = items.add(ticket, facts.pop("name"), by=actor, via=VIA, done=done, most=MOST, **facts)
    return int(item.pk)


def update(call: Any, incoming: Incoming) -> int:
    """A blank position keeps the place; an item never moves to another ticket (AT-431)."""
    actor = author(call)
    item = below(rows(call.tables).filter(pk=incoming.id).first(), call)
    if incoming.given.pop("ticketID", item.ticket_id) not in (None, item.ticket_id):
        incoming.faults.append("ticketID: an item cannot move to another ticket.")
    if incoming.given.get("position", 0) is None:
        del incoming.given["position"]
    incoming.check_required("itemName", new=False)
    _check(incoming)
    facts = {CORE[n]: v for n, v in incoming.given.items() if n in CORE}
    if "is_important" in facts:
        facts["is_important"] = bool(facts["is_important"])
    done = incoming.given.get("isCompleted", item.is_done)
    items.change(item, by=actor, via=VIA, done=bool(done), **facts)
    return int(item.pk)


def _check(incoming: Incoming) -> None:
    incoming.check_lengths()
    incoming.check_ranges()
    if (incoming.given.get("position") or 0) < 0:
        incoming.faults.append("position: must not be negative.")
    incoming.refuse()


def delete(call: Any, number: int) -> int:
    """Any item, done or not."""
    actor = author(call)
    items.remove(below(rows(call.tables).filter(pk=number).first(), call), by=actor, via=VIA)
    return number


def copy_library(call: Any, incoming: Incoming) -> int:
    """`checklistLibraryID` names whose items are copied (AT-432)."""
    actor = author(call)
    ticket = ticket_of(call)
    incoming.check_required("checklistLibraryID")
    incoming.refuse()
    number = incoming.given["checklistLibraryID"]
    owned = Library.objects.filter(organization_id=call.tables.organization_id, is_active=True)
    library = owned.filter(pk=number).first()
    if library is None:
        incoming.faults.append(unknown_reference("checklistLibraryID", "ChecklistLibraries"))
    incoming.refuse()
    items.copy(library, ticket, by=actor, via=VIA, most=MOST)  # type: ignore[arg-type]
    return int(number)


ITEMS = Entity(
    name="TicketChecklistItems",
    fields=(
        identity(),
        parent_ticket(),
        Field("itemName", "string", "name", length=600, required=True),
        Field("isImportant", "boolean", "is_important"),
        Field("isCompleted", "boolean", expression=_done),
        Field("position", column="position"),
        Field("knowledgebaseArticleID", "long", "article_id"),
        Field("completedByResourceID", column="done_by_id", reference="Resources", read_only=True),
        Field("completedDateTime", "datetime", "done_at", read_only=True),
    ),
    rows=rows,
    parent="Tickets",
    path="ChecklistItems",
    parent_field="ticketID",
    create=create,
    update=update,
    delete=delete,
)
LIBRARIES = Entity(
    name="TicketChecklistLibraries",
    fields=(
        identity(),
        Field("ticketID", reference="Tickets", constant=None),
        Field("checklistLibraryID", reference="ChecklistLibraries", required=True, constant=None),
    ),
    listed=lambda tables, asked: [],
    parent="Tickets",
    path="ChecklistLibraries",
    parent_field="ticketID",
    create=copy_library,
)
ENTITIES = (ITEMS, LIBRARIES)
