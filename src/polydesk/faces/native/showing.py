"""Rows as the shapes of the wire: entries, files, events, relations, time and ratings of a ticket, with names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person, Team
from polydesk.tickets import items, kinds, queries
from polydesk.tickets.edits import seen_status
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Attachment, Comment, Event, Rating, Relation, Ticket, TimeEntry
from polydesk.tickets.statements.columns import NAMES

from . import fields, shapes
from .fields import Ref, Thing
from .wire import Call

PREFIX = "/api/v1"
INCLUDES = ("comments", "attachments", "events", "relations", "time", "ratings")
INCLUDED_AT_MOST = 200


def refs(model: type[Any], ids: Iterable[int | None], name: str = "name") -> Callable[[int | None], Ref | None]:
    """A function that names rows by id. One query, none when there is nothing to name."""
    wanted = {i for i in ids if i is not None}
    known = dict(model._default_manager.filter(pk__in=wanted).values_list("pk", name)) if wanted else {}
    return lambda i: None if i is None else Ref(i, known.get(i))


def comments(actor: Actor, ticket: Ticket, rows: Sequence[Comment]) -> list[shapes.Comment]:
    """Entries with their authors and files. Three queries at most."""
    people = refs(Person, [i for row in rows for i in (row.author_id, row.responsible_person_id)])
    teams = refs(Team, [row.responsible_team_id for row in rows])
    files: dict[int, list[Attachment]] = {}
    for file in queries.attachments(actor, ticket).filter(comment__in=[row.pk for row in rows]) if rows else ():
        files.setdefault(file.comment_id or 0, []).append(file)
    staff = actor.is_staff
    return [
        shapes.Comment(
            id=row.pk,
            version=row.version,
            ticket=row.ticket_id,
            type=row.type,
            internal=row.internal,
            text=queries.text_of(row, ticket),
            format=queries.format_of(row, ticket),
            author=people(row.author_id),
            side=row.side,
            via=row.via if staff else "",
            reply_to=row.reply_to_id,
            sent_at=row.sent_at,
            edited_at=row.edited_at,
            read_at=row.read_at,
            rating=row.rating,
            moved_to=row.moved_to_id if staff else None,
            moved_at=row.moved_at if staff else None,
            attachments=attachments(files.get(row.pk, ()), people),
            task=_task(row, people, teams) if row.type == "task" else None,
        )
        for row in rows
    ]


def _task(row: Comment, people: Any, teams: Any) -> shapes.Task:
    return shapes.Task(
        status=row.task_status,
        responsible_person=people(row.responsible_person_id),
        responsible_team=teams(row.responsible_team_id),
        planned_start=row.planned_start,
        planned_finish=row.planned_finish,
        real_start=row.real_start,
        real_finish=row.real_finish,
    )


def attachments(rows: Sequence[Attachment], people: Any = None) -> list[shapes.File]:
    """Files with the address of their bytes."""
    people = people or refs(Person, [row.author_id for row in rows])
    return [
        shapes.File(
            id=row.pk,
            uuid=str(row.uuid),
            ticket=row.ticket_id,
            comment=row.comment_id,
            type=row.type,
            name=row.name,
            title=row.title,
            url=row.url,
            content_type=row.content_type,
            size=row.size,
            sha256=row.sha256,
            internal=row.internal,
            author=people(row.author_id),
            created_at=row.created_at,
            download=f"{PREFIX}/attachments/{row.pk}/content" if row.type == "file" else None,
        )
        for row in rows
    ]


def events(actor: Actor, rows: Sequence[Event]) -> list[shapes.Event]:
    """Events with their changes; a customer sees of each only what he may know (RS-115)."""
    people = refs(Person, [row.actor_id for row in rows])
    return [
        shapes.Event(
            id=row.pk,
            ticket=row.ticket_id,
            number=row.number if actor.is_staff else 0,
            verb=row.verb,
            actor=people(row.actor_id),
            side=row.side,
            via=row.via,
            cause=row.cause if actor.is_staff else "",
            at=row.at,
            comment=row.comment_id,
            changes=changes_for(actor, row),
        )
        for row in rows
    ]


def changes_for(actor: Actor, event: Event) -> dict[str, Any]:
    """What an event changed, as far as the reader may know."""
    return event.changes if actor.is_staff else _public_changes(event.organization_id, event.changes)


_PUBLIC_PARTS = ("+comment", "+comment_edit", "+attachment", "+rating", "+comment_rating")


def seen(organization_id: int, key: str | None) -> str:
    """What a customer sees of a status (RC-084)."""
    status = kinds.status(organization_id, key) if key else None
    found = seen_status(status.phase, status.key) if status else ""
    return "waiting_customer" if found == "waiting" else found


def _public_changes(organization_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, change in changes.items():
        if name == "phase":
            continue
        if name == "status":
            was, now = (seen(organization_id, key) for key in change)
            shown[name] = [was, now] if was != now else []
            continue
        if name in _PUBLIC_PARTS:
            shown[name] = [_public_part(part) for part in change if not _is_internal(part)]
        elif name in FIELDS and FIELDS[name].for_customers and name != "fields":
            shown[name] = change
    return {name: change for name, change in shown.items() if change}


def _is_internal(part: dict[str, Any]) -> bool:
    before, after = part.get("before") or {}, part.get("after") or {}
    return bool(part.get("internal") or part.get("type") == "task" or before.get("internal") or after.get("internal"))


def _public_part(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in ("before", "after")}


def related(ticket: Ticket) -> QuerySet[Relation]:
    """The relations of a ticket in both directions, with the tickets at their ends."""
    return Relation.objects.filter(Q(source=ticket) | Q(target=ticket)).select_related("source", "target")


def relations(actor: Actor, ticket: Ticket, rows: Sequence[Relation]) -> list[shapes.Relation]:
    """Relations from this ticket's side; those to tickets that the reader may not see are left out."""
    people = refs(Person, [row.created_by_id for row in rows])
    shown = []
    for row in rows:
        outward = row.source_id == ticket.pk
        other = row.target if outward else row.source
        if not queries.can_see(actor, other) or other.deleted_at is not None:
            continue
        type_ = row.type if outward else {"blocks": "blocked_by", "blocked_by": "blocks"}.get(row.type, row.type)
        shown.append(
            shapes.Relation(
                id=row.pk,
                type=type_,
                ticket=Ref(other.pk, other.title),
                created_at=row.created_at,
                created_by=people(row.created_by_id),
            )
        )
    return shown


def times(rows: Sequence[TimeEntry]) -> list[shapes.Time]:
    """Booked work."""
    people = refs(Person, [row.person_id for row in rows])
    work = refs(apps.get_model("directory.WorkType"), [row.work_type_id for row in rows])
    return [
        shapes.Time(
            id=row.pk,
            person=people(row.person_id),
            seconds=row.seconds,
            worked_on=row.worked_on,
            started_at=row.started_at,
            ended_at=row.ended_at,
            summary=row.summary,
            comment=row.comment_id,
            work_type=work(row.work_type_id),
            is_billable=row.is_billable,
            posted_at=row.posted_at,
            created_at=row.created_at,
        )
        for row in rows
    ]


def ratings(rows: Sequence[Rating]) -> list[shapes.Rating]:
    """Scores, oldest first."""
    people = refs(Person, [row.by_id for row in rows])
    return [
        shapes.Rating(
            id=row.pk,
            scale=row.scale,
            score=row.score,
            text=row.text,
            by=people(row.by_id),
            at=row.at,
            comment=row.comment_id,
        )
        for row in rows
    ]


def rated(actor: Actor, ticket: Ticket) -> QuerySet[Rating]:
    """The scores of a ticket and of those of its entries that the reader may read."""
    readable = queries.comments(actor, ticket).values("pk")
    return Rating.objects.filter(ticket=ticket).filter(Q(comment__isnull=True) | Q(comment__in=readable)).order_by("id")


def included(call: Call, ticket_id: int, names: Sequence[str]) -> dict[str, Any]:
    """Sub-resources that a request wants along with a ticket, the first 200 of each."""
    if not names:
        return {}
    actor, ticket = call.actor, queries.get(call.actor, ticket_id)
    most = INCLUDED_AT_MOST
    makers: dict[str, Callable[[], Any]] = {
        "comments": lambda: comments(actor, ticket, list(queries.comments(actor, ticket)[:most])),
        "attachments": lambda: attachments(list(queries.attachments(actor, ticket)[:most])),
        "events": lambda: events(actor, list(queries.history(actor, ticket)[:most])),
        "relations": lambda: relations(actor, ticket, list(related(ticket).order_by("id")[:most])),
        "time": lambda: times(list(TimeEntry.objects.filter(ticket=ticket)[:most])) if actor.is_staff else [],
        "ratings": lambda: ratings(list(rated(actor, ticket)[:most])),
    }
    return {name: makers[name]() for name in names}


def as_of(call: Call, ticket: Ticket, moment: dt.datetime, names: Sequence[str]) -> dict[str, Any]:
    """The ticket as it was, from its events (PL-030, PL-107); only what the core remembers as fields."""
    was = queries.as_of(ticket, moment)
    shown: dict[str, Any] = {"id": ticket.pk, "as_of": moment, "version": was.version}
    if not call.actor.is_staff:
        shown["version"] = queries.history(call.actor, ticket).filter(at__lte=moment).count()
    for name in names:
        if name in FIELDS:
            shown[name] = _named(call.actor, name, was.fields.get(name))
    if not call.actor.is_staff:
        shown["fields"] = fields.fields_for_customers(call.actor, was.fields.get("fields") or {})
        shown["status"] = seen(ticket.organization_id, was.fields.get("status"))
        shown["phase"] = "waiting" if shown["status"] == "waiting_customer" else shown["status"]
    visible = {row.pk: row for row in queries.comments(call.actor, ticket)}
    shown["comments"] = [
        {
            "id": i,
            "type": c.get("type"),
            "text": ticket_text(was, c),
            "author": c.get("author"),
            "sent_at": c.get("sent_at"),
        }
        for i, c in was.comments.items()
        if call.actor.is_staff or (i in visible and not c.get("internal"))
    ]
    shown["relations"] = was.relations if call.actor.is_staff else []
    return shown


def ticket_text(was: queries.Snapshot, comment: dict[str, Any]) -> Any:
    """What an entry said then; the opening message says the description (RC-100)."""
    return was.fields.get("description") if comment.get("type") == "opening" else comment.get("text")


def _named(actor: Actor, name: str, value: Any) -> Any:
    field = FIELDS[name]
    if field.type == "reference":
        return None if value is None else _names(field.model, [value])[0]
    if field.type == "references":
        return _names(field.model, value or [])
    if field.type == "pairs":
        found = items.names(actor.organization_id, [tuple(pair) for pair in value or []])
        return [Thing(kind, number, found.get((kind, number))) for kind, number in value or []]
    return value


def _names(model: str, ids: Sequence[int]) -> list[Ref | None]:
    naming = refs(apps.get_model(model), ids, NAMES[model][1])
    return [naming(i) for i in ids]
