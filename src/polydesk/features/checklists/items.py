"""Adding, changing and ticking off items; each leaves one event on the ticket."""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.commands import door
from polydesk.tickets.commands.fields import finish
from polydesk.tickets.edits import Batch, Edit, Part
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from .models import Item, Library

LONGEST_NAME = 600
EDITABLE = ("name", "is_important", "position", "article_id")


def add(
    ticket: Ticket | int,
    name: str,
    *,
    by: Actor,
    via: str,
    done: bool = False,
    position: int | None = None,
    most: int | None = None,
    **facts: Any,
) -> Item:
    """Add an item; without a position at the end (AT-431). `most` is the caller's own limit."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "triage")
        _check_room(locked, 1, most)
        end = _end(locked)
        item = Item(ticket=locked, name=_checked(name), position=end if position is None else position, **facts)
        change = batch.edit(locked, by, verb="checklist", via=via)
        if done:
            item.done_at, item.done_by_id = change.at, by.person_id
        change.add(_part(item))
        _finish(batch, change)
        return item


def copy(library: Library, ticket: Ticket | int, *, by: Actor, via: str, most: int | None = None) -> list[Item]:
    """Copy a library's items to the end of the ticket's list, as one event (AT-432)."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "triage")
        items = _copies(library, locked)
        _check_room(locked, len(items), most)
        change = batch.edit(locked, by, verb="checklist", via=via)
        for item in items:
            change.add(_part(item))
        _finish(batch, change)
        return items


def parts(library: int, ticket: Ticket) -> list[Part]:
    """The same as parts of an edit that does more; refused for a library that the ticket's organization does not
    have."""
    found = Library.objects.filter(pk=library, organization_id=ticket.organization_id).first()
    if found is None:
        raise refuse("unknown", "checklist", say("There is no such checklist."))
    return [_part(item) for item in _copies(found, ticket)]


def _copies(library: Library, ticket: Ticket) -> list[Item]:
    end = _end(ticket)
    return [
        Item(ticket=ticket, name=w.name, is_important=w.is_important, position=end + n, article_id=w.article_id)
        for n, w in enumerate(library.items.all())
    ]


def _part(item: Item) -> Part:
    return Part("checklist", describe=lambda: describe(item), rows=(item,))


def change(item: Item, *, by: Actor, via: str, done: bool | None = None, **facts: Any) -> Item:
    """Change an item; completing stamps who and when, taking it back clears both (AT-431)."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, item.ticket_id, "triage")
        item = Item.objects.select_for_update().get(pk=item.pk)
        before = describe(item)
        edit = batch.edit(locked, by, verb="checklist", via=via)
        for name, value in facts.items():
            setattr(item, name, _checked(value) if name == "name" else value)
        if done is not None and done != item.is_done:
            item.done_at, item.done_by_id = (edit.at, by.person_id) if done else (None, None)
        if describe(item) != before:
            kept = {"id": item.pk, "before": before, "after": describe(item)}
            edit.add(Part("checklist_edit", describe=lambda: kept, write=item.save))
        _finish(batch, edit)
        return item


def remove(item: Item, *, by: Actor, via: str) -> None:
    """Take an item away."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, item.ticket_id, "triage")
        edit = batch.edit(locked, by, verb="checklist", via=via)
        kept = describe(item)
        edit.add(Part("checklist_removed", describe=lambda: kept, write=lambda: item.delete() and None))
        _finish(batch, edit)


def describe(item: Item) -> dict[str, Any]:
    """What an event keeps of an item."""
    return {
        "id": item.pk,
        "name": item.name,
        "important": item.is_important,
        "position": item.position,
        "article": item.article_id,
        "done": item.is_done,
        "done_by": item.done_by_id,
    }


def _end(ticket: Ticket) -> int:
    last = Item.objects.filter(ticket=ticket).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _check_room(ticket: Ticket, more: int, most: int | None) -> None:
    if most is not None and Item.objects.filter(ticket=ticket).count() + more > most:
        raise refuse(
            "checklist_is_full", "checklist", say("A ticket can have at most %(most)s checklist items.", most=most)
        )


def _checked(name: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise refuse("required", "name", say("A checklist item needs a name."))
    if len(name) > LONGEST_NAME or "\x00" in name:
        raise refuse("too_long", "name", say("The name may have at most %(most)s characters.", most=LONGEST_NAME))
    return name


def _finish(batch: Batch, change: Edit) -> None:
    change.settle()
    batch.record(change)
    finish(batch, change)
