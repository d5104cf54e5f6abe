"""undo: the inverse edit, where no later event touched the same fields (PL-029, PL-028)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.edits import Batch, Edit, Part, decode
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Attachment, Comment, Event, Relation, Ticket, TimeEntry
from polydesk.tickets.refusals import Missing, refuse
from polydesk.web.sentences import say, word

from . import door
from .joining import point_both

FINAL_VERBS = ("create", "purge")


@dataclass(slots=True)
class Undone:
    """What an undo did, and in words what it could not undo (PL-028)."""

    ticket: Ticket
    event: Event | None
    left: list[str] = field(default_factory=list)


def undo(event: Event | int, *, by: Actor, via: str) -> Undone:
    """Undo one event by a new one. Refused when a later event touched the same fields, naming it."""
    event = event if isinstance(event, Event) else _event(by, event)
    if event.organization_id != by.organization_id:
        raise Missing
    with edits.begin(by.organization_id) as batch:
        partner = _partner(event)
        wanted = sorted({event.ticket_id, *([partner.ticket_id] if partner else [])})
        locked = {pk: door.admit(batch, by, t, "undo", gone=True) for pk, t in batch.lock_all(wanted).items()}
        _check_undoable(event)
        left: list[str] = []
        changes = [_inverse(batch, e, locked[e.ticket_id], by, via, left) for e in (event, partner) if e]
        for change in changes:
            batch.record(change)
        done = batch.flush()
        mine = next((r.event for r in done if r.edit is changes[0]), None)
        ticket = locked[event.ticket_id]
        if partner:
            point_both(*locked.values())
        return Undone(ticket, mine, left)


def _event(by: Actor, number: int) -> Event:
    found = Event.objects.filter(pk=number, organization_id=by.organization_id).first()
    if found is None:
        raise Missing
    return found


def _partner(event: Event) -> Event | None:
    """A merge or a relation is one act with an event on each side; both carry the act's name as their cause."""
    if not event.cause.startswith("act:"):
        return None
    parts = [part for name, found in event.changes.items() if name.startswith("+") for part in found]
    others = {part.get("ticket") or part.get("source") for part in parts}
    return Event.objects.filter(ticket_id__in=others, cause=event.cause).first()


def _check_undoable(event: Event) -> None:
    if event.verb in FINAL_VERBS or event.erased_at is not None:
        raise refuse("cannot_be_undone", "event", say("“%(verb)s” cannot be undone.", verb=event.verb))
    names = [name for name in event.changes if not name.startswith("+")]
    later = Event.objects.filter(ticket_id=event.ticket_id, number__gt=event.number).order_by("number")
    for other in later:
        touched = [name for name in names if name in other.changes]
        if touched:
            raise refuse(
                "changed_since",
                touched[0],
                say(
                    "Event %(other)s changed %(names)s since; undo that first.",
                    other=other.pk,
                    names=", ".join(word(FIELDS[name].label) for name in touched),
                ),
            )


def _inverse(batch: Batch, event: Event, ticket: Ticket, by: Actor, via: str, left: list[str]) -> Edit:
    change = batch.edit(ticket, by, verb="undo", via=via, cause=f"event:{event.pk}")
    for name, (before, _after) in ((n, c) for n, c in event.changes.items() if not n.startswith("+")):
        change.set(name, decode(name, before))
    for name, parts in ((n[1:], p) for n, p in event.changes.items() if n.startswith("+")):
        for part in parts:
            inverse = _PARTS.get(name)
            if inverse is None:
                left.append(f"{name.replace('_', ' ')} stays as it is")
            else:
                found = inverse(change, part)
                if found:
                    change.add(found)
    _refuse_only(change)
    return change


def _refuse_only(change: Edit) -> None:
    """An undo restores what was, derived stamps included: only the rules that refuse are asked."""
    from polydesk.tickets import rules

    change.ask_rules(rules.installed())


def _undo_comment(change: Edit, part: dict[str, Any]) -> Part | None:
    entry = Comment.objects.filter(pk=part["id"], deleted_at__isnull=True).first()
    if entry is None or entry.type == "opening":
        return None

    def write() -> None:
        entry.deleted_at = change.at
        entry.save(update_fields=["deleted_at"])
        point_both(change.ticket)

    return Part("comment_removed", describe=lambda: part, write=write, public=entry.is_public)


def _undo_comment_edit(change: Edit, part: dict[str, Any]) -> Part | None:
    entry = Comment.objects.filter(pk=part["id"]).first()
    if entry is None:
        return None
    plain = {name: value for name, value in part["before"].items() if name in ("text", "format", "internal")}

    def write() -> None:
        for name, value in plain.items():
            setattr(entry, name, value)
        entry.version += 1
        entry.save()
        point_both(change.ticket)

    kept = {"id": part["id"], "before": part["after"], "after": part["before"]}
    return Part("comment_edit", describe=lambda: kept, write=write, public=entry.is_public)


def _undo_comment_removed(change: Edit, part: dict[str, Any]) -> Part | None:
    def write() -> None:
        Comment.objects.filter(pk=part["id"]).update(deleted_at=None)
        point_both(change.ticket)

    return Part("comment", describe=lambda: part, write=write, public=not part["internal"])


def _undo_attachment(change: Edit, part: dict[str, Any]) -> Part | None:
    return Part(
        "attachment_removed",
        describe=lambda: part,
        write=lambda: _mark_deleted(part["id"], change.at),
        public=not part["internal"],
    )


def _undo_attachment_removed(change: Edit, part: dict[str, Any]) -> Part | None:
    return Part(
        "attachment",
        describe=lambda: part,
        write=lambda: _mark_deleted(part["id"], None),
        public=not part["internal"],
    )


def _mark_deleted(attachment_id: int, moment: dt.datetime | None) -> None:
    Attachment.objects.filter(pk=attachment_id).update(deleted_at=moment)


def _undo_time(change: Edit, part: dict[str, Any]) -> Part | None:
    return Part(
        "time_removed",
        describe=lambda: part,
        write=lambda: TimeEntry.objects.filter(pk=part["id"], posted_at__isnull=True).delete() and None,
    )


def _undo_relation(change: Edit, part: dict[str, Any]) -> Part | None:
    return Part(
        "relation_removed",
        describe=lambda: part,
        write=lambda: Relation.objects.filter(pk=part["id"]).delete() and None,
    )


def _undo_relation_removed(change: Edit, part: dict[str, Any]) -> Part | None:
    if part["direction"] == "in":
        return Part("relation", describe=lambda: part)
    row = Relation(
        pk=part["id"],
        source=change.ticket,
        target_id=part["ticket"],
        type=part["type"],
        created_by_id=change.actor.person_id,
        created_at=change.at,
    )
    return Part("relation", describe=lambda: part, rows=(row,))


def _undo_merged(change: Edit, part: dict[str, Any]) -> Part | None:
    def write() -> None:
        source = Ticket.objects.get(pk=part["source"])
        Comment.objects.filter(pk__in=part["comments"]).update(ticket=source)
        Attachment.objects.filter(pk__in=part["files"]).update(ticket=source)
        if part["copy"]:
            Attachment.objects.filter(pk__in=part["opening_files"]).update(comment_id=part["opening"])
            Comment.objects.filter(pk=part["copy"]).update(deleted_at=change.at)
        TimeEntry.objects.filter(pk__in=part["time"]).update(ticket=source)

    return Part("unmerged", describe=lambda: part, write=write, public=True)


def _nothing(change: Edit, part: dict[str, Any]) -> Part | None:
    return None


_PARTS: dict[str, Callable[[Edit, dict[str, Any]], Part | None]] = {
    "comment": _undo_comment,
    "comment_edit": _undo_comment_edit,
    "comment_removed": _undo_comment_removed,
    "attachment": _undo_attachment,
    "attachment_removed": _undo_attachment_removed,
    "time": _undo_time,
    "relation": _undo_relation,
    "relation_removed": _undo_relation_removed,
    "merged": _undo_merged,
    "merged_into": _nothing,
    "automation": _nothing,
    "told": _nothing,
}
