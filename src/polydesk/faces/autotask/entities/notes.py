"""Notes of tickets (AT-410 … AT-414, RC-170 … RC-176)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce

from polydesk.features.forms.standard import ensure_default
from polydesk.tickets import commands
from polydesk.tickets.models import Comment

from ..children import (
    VIA,
    author,
    below,
    contact_author,
    customer_author,
    of_visible,
    own_facts,
    parent_ticket,
    staff_author,
    staff_impersonator,
    ticket_of,
    without_internal,
)
from ..fields import Entity, Field, identity
from ..incoming import Incoming
from ..rows import take_parent
from ..tables import Tables
from .customers import kept_number

NOTE_TYPES = {"task": 2, "notification": 3, "solution": 4, "automation": 13}


def notes(tables: Tables) -> QuerySet[Comment]:
    """Every entry but the opening message, whose text is the description (RC-100)."""
    rows = Comment.objects.filter(deleted_at=None).exclude(type="opening")
    return without_internal(of_visible(rows, tables), tables)


def _note_type(tables: Tables) -> Any:
    """The number it was written with, or that of the entry's own type (RC-007)."""
    return Case(
        *(When(type=name, then=Value(number)) for name, number in NOTE_TYPES.items()),
        default=Coalesce(kept_number("type"), Value(1)),
        output_field=IntegerField(),
    )


def _last(tables: Tables) -> Any:
    return Coalesce(F("edited_at"), F("sent_at"))


def create(call: Any, incoming: Incoming) -> int:
    """POST Tickets/{id}/Notes"""
    actor = author(call)
    take_parent(call, incoming, "ticketID")
    ticket = ticket_of(call, incoming)
    incoming.check_required("description", "noteType", "publish")
    form = ticket.form or ensure_default(call.tables.organization_id)
    if form.demands.get("note_title"):
        incoming.check_required("title")
    incoming.check_lengths()
    incoming.check_picklists()
    incoming.refuse()
    given = incoming.given
    internal = given["publish"] == 2
    actor = contact_author(call, actor, ticket, incoming, "createdByContactID", not internal)
    done = commands.add_comment(
        ticket,
        given["description"],
        by=actor,
        via=VIA,
        internal=internal,
        format="plain",
        facts={"extra": own_facts(None, title=given.get("title") or None, type=given["noteType"])},
    )
    return int(done.comment.pk)


def update(call: Any, incoming: Incoming) -> int:
    """Text, title, type and visibility; the author never changes (RC-290)."""
    from ..views.reading import find

    actor = author(call)
    ticket_of(call, incoming if call.number("parent_id") is None else None)
    note = below(notes(call.tables).filter(pk=incoming.id).first(), call)
    shown = find(ENTITY, call.tables, note.pk) or {}
    for name in ("ticketID", "createdByContactID"):
        incoming.given.pop(name, None)
    incoming.drop_unchanged(shown)
    incoming.check_required("description", "noteType", "publish", new=False)
    incoming.check_lengths()
    incoming.check_picklists()
    incoming.refuse()
    given = incoming.given
    if not given:
        return int(note.pk)
    own: dict[str, Any] = {}
    if "title" in given:
        own["title"] = given["title"] or None
    if "noteType" in given and note.type == "comment":
        own["type"] = given["noteType"]
    if actor.impersonator_id:
        own["updater"] = actor.impersonator_id
    commands.edit_comment(
        note,
        by=actor,
        via=VIA,
        text=given.get("description"),
        format="plain" if "description" in given else None,
        internal=given["publish"] == 2 if "publish" in given else None,
        facts={"extra": own_facts(note, **own)} if own else None,
    )
    return int(note.pk)


ENTITY = Entity(
    name="TicketNotes",
    fields=(
        identity(),
        parent_ticket(),
        Field("title", "string", "extra", length=250, json=("autotask", "title")),
        Field("description", "string", "text", length=32000, required=True),
        Field("noteType", picklist="noteType", required=True, expression=_note_type),
        Field("publish", column="internal", picklist="publish", codes="publish", required=True),
        Field("createDateTime", "datetime", "sent_at", read_only=True),
        Field("creatorResourceID", reference="Resources", read_only=True, expression=staff_author),
        Field("createdByContactID", reference="Contacts", expression=customer_author),
        Field("lastActivityDate", "datetime", read_only=True, expression=_last),
        Field("impersonatorCreatorResourceID", reference="Resources", read_only=True, expression=staff_impersonator),
        Field("impersonatorUpdaterResourceID", column="extra", json=("autotask", "updater"), read_only=True),
    ),
    rows=notes,
    parent="Tickets",
    path="Notes",
    parent_field="ticketID",
    create=create,
    update=update,
    has_webhooks=True,
)
ENTITIES = (ENTITY,)
