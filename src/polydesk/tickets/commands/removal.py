"""remove, restore, purge: deleting is soft; purging is another right and leaves a tombstone (PL-031, RC-293)."""

from __future__ import annotations

from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.edits import Batch, Part
from polydesk.tickets.models import Attachment, Comment, Event, Relation, Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from . import door
from .door import TicketOrId

POINTERS = ("parent", "problem", "split_from", "merged_into")


def remove(ticket: TicketOrId, *, by: Actor, via: str, if_version: int | None = None) -> Any:
    """Delete softly: kept, invisible, restorable, its number taken for ever."""
    return _set_deleted(ticket, by, via, "remove", if_version)


def restore(ticket: TicketOrId, *, by: Actor, via: str) -> Any:
    """Bring a removed ticket back with all it had (RC-306)."""
    return _set_deleted(ticket, by, via, "restore", None)


def _set_deleted(ticket: TicketOrId, by: Actor, via: str, verb: str, if_version: int | None) -> Any:
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, verb, if_version=if_version, gone=True)
        change = batch.edit(locked, by, verb=verb, via=via)
        if verb == "restore":
            change.set("deleted_at", None)
            change.set("deleted_by", None)
        elif locked.deleted_at is None:
            change.set("deleted_at", change.at)
            change.set("deleted_by", by.person_id)
        change.settle()
        batch.record(change)
        return finish(batch, change)


def purge(ticket: TicketOrId, *, by: Actor, via: str) -> int:
    """Destroy a removed ticket: its content, files and the values of its history. A tombstone event stays, so that
    the chain verifies and the number is never given again. Answers the number."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "purge", gone=True)
        if locked.deleted_at is None:
            raise refuse("purge_needs_removal", "", say("Only a deleted ticket can be purged."))
        number = locked.pk
        _let_go(batch, locked, by, via)
        change = batch.edit(locked, by, verb="purge", via=via)
        change.add(Part("tombstone", describe=lambda: {"number": number}))
        batch.record(change)
        batch.flush()
        Event.objects.filter(ticket_id=number).exclude(verb="purge").update(changes={}, salt="", erased_at=change.at)
        _destroy(locked)
        return number


def _let_go(batch: Batch, gone: Ticket, by: Actor, via: str) -> None:
    """Clear the purged ticket wherever another one points at it (CE-176), each with its own event."""
    Relation.objects.filter(source=gone).delete()
    Relation.objects.filter(target=gone).delete()
    Comment.objects.filter(moved_to=gone).update(moved_to=None)
    for name in POINTERS:
        for other in Ticket.objects.select_for_update().filter(**{name: gone}).order_by("pk"):
            change = batch.edit(other, by, verb="edit", via=via, cause=f"purge:{gone.pk}")
            change.set(name, None)
            batch.record(change)
    batch.flush()


def _destroy(gone: Ticket) -> None:
    Attachment.objects.filter(ticket=gone).delete()
    Comment.objects.filter(ticket=gone).update(reply_to=None, template=None)
    gone.delete()
