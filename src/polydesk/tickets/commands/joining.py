"""link, unlink, merge, split: what ties tickets together (RC-056, RC-311, RC-312)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from polydesk.directory.actors import Actor
from polydesk.tickets import access, edits
from polydesk.tickets.edits import Batch, Edit, Part
from polydesk.tickets.models import Attachment, Comment, Relation, Ticket, TimeEntry
from polydesk.tickets.refusals import Missing, refuse
from polydesk.tickets.statements import writing
from polydesk.web.sentences import say

from . import door
from .door import TicketOrId, number

EXCLUSIVE = ("related", "blocks", "blocked_by")


def link(source: TicketOrId, target: TicketOrId, type: str, *, by: Actor, via: str) -> Relation:
    """Relate two tickets: at most one of related, blocks, blocked_by for a pair in either direction (CE-160)."""
    with edits.begin(by.organization_id) as batch:
        if number(source) == number(target):
            raise refuse("not_to_itself", "relations", say("A ticket cannot be related to itself."))
        tickets = door.enter_all(batch, by, (source, target), "view")
        one, other = tickets[number(source)], tickets[number(target)]
        door.require(access.may(by, "link", kind=one.kind, ticket=one))
        _check_relation(one, other, type)
        relation = Relation(source=one, target=other, type=type, created_by_id=by.person_id, created_at=edits.now())
        _record_on_both(batch, relation, by, via, "link", "relation", rows=(relation,))
        return relation


def unlink(relation: Relation, *, by: Actor, via: str) -> None:
    """Take a relation away."""
    with edits.begin(by.organization_id) as batch:
        tickets = door.enter_all(batch, by, (relation.source_id, relation.target_id), "view")
        one = tickets[relation.source_id]
        door.require(access.may(by, "link", kind=one.kind, ticket=one))
        kept = Relation.objects.filter(pk=relation.pk).first()
        if kept is None:
            raise Missing
        kept.source, kept.target = one, tickets[relation.target_id]
        pk = kept.pk
        _record_on_both(
            batch,
            kept,
            by,
            via,
            "unlink",
            "relation_removed",
            write=lambda: Relation.objects.filter(pk=pk).delete() and None,
        )


def _check_relation(one: Ticket, other: Ticket, type: str) -> None:
    if type not in dict(Relation.TYPES):
        raise refuse("unknown", "type", say("There is no relation “%(type)s”.", type=type))
    between = Relation.objects.filter(Q(source=one, target=other) | Q(source=other, target=one))
    types = EXCLUSIVE if type in EXCLUSIVE else (type,)
    if between.filter(type__in=types).exists():
        raise refuse(
            "relation_once",
            "relations",
            say("#%(one)s and #%(other)s are related already.", one=one.pk, other=other.pk),
        )


def _record_on_both(
    batch: Batch, relation: Relation, by: Actor, via: str, verb: str, name: str, *, rows: Any = (), write: Any = None
) -> None:
    act = _act()
    for ticket, other, direction in (
        (relation.source, relation.target, "out"),
        (relation.target, relation.source, "in"),
    ):
        change = batch.edit(ticket, by, verb=verb, via=via, cause=act)
        kept = {"type": relation.type, "ticket": other.pk, "direction": direction}
        change.add(
            Part(
                name,
                describe=lambda kept=kept: {"id": relation.pk, **kept},  # type: ignore[misc]
                rows=rows if direction == "out" else (),
                write=write if direction == "out" else None,
            )
        )
        batch.record(change)
    batch.flush()


def _act() -> str:
    """A name shared by the events of one act, so that undoing one side undoes both."""
    return f"act:{secrets.token_hex(8)}"


def merge(sources: Sequence[TicketOrId], into: TicketOrId, *, by: Actor, via: str) -> Ticket:
    """N into one: the sources close under their own numbers, what was written on them moves to the target (RC-311)."""
    with edits.begin(by.organization_id) as batch:
        tickets = door.enter_all(batch, by, (*sources, into), "merge")
        target = tickets[number(into)]
        if target.merged_into_id:
            raise refuse("merged_is_read_only", "into", say("#%(number)s was merged itself.", number=target.pk))
        for source in (tickets[number(s)] for s in sources):
            _check_merge(source, target)
        for source in (tickets[number(s)] for s in dict.fromkeys(number(s) for s in sources)):
            _merge_one(batch, source, target, by, via)
        batch.flush()
        return target


def _check_merge(source: Ticket, target: Ticket) -> None:
    if source.pk == target.pk:
        raise refuse("not_into_itself", "into", say("A ticket cannot be merged into itself."))
    if source.merged_into_id:
        raise refuse("merged_is_read_only", "sources", say("#%(number)s was merged already.", number=source.pk))
    if source.company_id != target.company_id:
        raise refuse("merge_within_one_company", "sources", say("Only tickets of one company can be merged."))
    if source.final and source.is_closed:
        raise refuse("closed_is_final", "status", say("This ticket was closed for good; open a new one."))


def _merge_one(batch: Batch, source: Ticket, target: Ticket, by: Actor, via: str) -> None:
    moved = list(Comment.objects.filter(ticket=source).exclude(type="opening").values_list("pk", flat=True))
    files = list(Attachment.objects.filter(ticket=source).values_list("pk", "comment_id"))
    entries = list(TimeEntry.objects.filter(ticket=source))
    opening = Comment.objects.filter(ticket=source, type="opening").first()
    copy = _copy(opening, source.description, source.description_format) if opening else None

    act = _act()
    leaving = batch.edit(source, by, verb="merge", via=via, cause=act)
    leaving.set("merged_into", target.pk)
    if not source.is_closed:
        leaving.set("status", "closed")
    leaving.set("time_spent", 0)
    leaving.settle()
    leaving.add(Part("merged_into", describe=lambda: {"ticket": target.pk}))
    batch.record(leaving)

    arriving = batch.edit(target, by, verb="merge", via=via, cause=act)
    watchers = [*source.watchers, *([source.requester_id] if source.requester_id else [])]
    arriving.set(
        "watchers", list(dict.fromkeys([*target.watchers, *(w for w in watchers if w != target.requester_id)]))
    )
    arriving.set("time_spent", arriving.get("time_spent") + sum(e.seconds for e in entries))

    def move() -> None:
        Comment.objects.filter(pk__in=moved).update(ticket=target)
        Attachment.objects.filter(pk__in=[pk for pk, _ in files]).update(ticket=target)
        if opening and copy:
            Attachment.objects.filter(comment=opening).update(comment=copy)
        TimeEntry.objects.filter(pk__in=[e.pk for e in entries]).update(ticket=target)
        point_both(source, target)

    arriving.add(
        Part(
            "merged",
            describe=lambda: {
                "source": source.pk,
                "comments": moved,
                "copy": copy.pk if copy else None,
                "opening": opening.pk if opening else None,
                "files": [pk for pk, _ in files],
                "opening_files": [pk for pk, comment in files if opening and comment == opening.pk],
                "time": [e.pk for e in entries],
            },
            rows=(copy,) if copy else (),
            write=move,
            public=True,
        )
    )
    arriving.settle()
    batch.record(arriving)
    batch.flush()


def point_both(*tickets: Ticket) -> None:
    """After entries moved between tickets: what is the newest public message of each."""
    from .entries import _remember_latest

    for ticket in tickets:
        _remember_latest(ticket)


def _copy(entry: Comment, text: str, format: str) -> Comment:
    """The opening message as an ordinary comment elsewhere, with its moment and author."""
    return writing.new(
        Comment,
        type="comment" if entry.type == "opening" else entry.type,
        internal=entry.internal,
        text=text,
        format=format,
        author_id=entry.author_id,
        side=entry.side,
        via=entry.via,
        source=entry.source,
        sent_at=entry.sent_at,
        copied_from=entry.pk,
    )


def split(
    ticket: TicketOrId, comments: Sequence[int], *, by: Actor, via: str, title: str = "", kind: str = ""
) -> Ticket:
    """A new ticket from chosen entries: the first becomes its description, the others are copied with their moment and
    author; the originals stay readable and say where they went (RC-312)."""
    from .fields import create_in

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "split")
        chosen = list(
            Comment.objects.filter(pk__in=comments, ticket=locked, deleted_at__isnull=True).order_by("sent_at", "id")
        )
        if not chosen or len(chosen) != len(set(comments)):
            raise refuse("unknown", "comments", say("There is no such comment on this ticket."))
        text = locked.description if chosen[0].type == "opening" else chosen[0].text
        made = create_in(
            batch,
            kind or locked.kind,
            {
                "title": title or locked.title,
                "description": text,
                "description_format": chosen[0].format,
                "company": locked.company_id,
                "requester": locked.requester_id,
                "access": locked.access,
                "access_projects": locked.access_projects,
                "category": locked.category_id,
                "priority": locked.priority,
                "final": locked.final,
                "channel": locked.channel,
                "shared": locked.shared,
            },
            by=by,
            via=via,
            also=(_remember_origin(locked),),
        )
        batch.flush()
        _copy_the_rest(batch, made, chosen[1:], by, via)
        _mark_moved(batch, locked, made.ticket, chosen, by, via)
        batch.flush()
        return made.ticket


def _remember_origin(origin: Ticket) -> Any:
    from polydesk.tickets.rules.base import Rule

    return Rule("split_from_is_remembered", completing=lambda edit: edit.set("split_from", origin.pk))


def _copy_the_rest(batch: Batch, made: Edit, rest: Sequence[Comment], by: Actor, via: str) -> None:
    from .entries import comment_part

    for entry in rest:
        copy = _copy(entry, entry.text, entry.format)
        change = batch.edit(made.ticket, by, verb="comment", via=via, cause="split")
        change.comment = copy
        change.add(comment_part(copy))
        batch.record(change)
    batch.flush()


def _mark_moved(batch: Batch, origin: Ticket, new: Ticket, chosen: Sequence[Comment], by: Actor, via: str) -> None:
    change = batch.edit(origin, by, verb="split", via=via)
    ids = [entry.pk for entry in chosen]

    def mark() -> None:
        Comment.objects.filter(pk__in=ids).update(moved_to=new, moved_at=change.at)

    change.add(Part("split_off", describe=lambda: {"ticket": new.pk, "comments": ids}, write=mark))
    batch.record(change)
