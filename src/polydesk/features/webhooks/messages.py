"""Polydesk's own format: Standard Webhooks, holding what the endpoint's owner may see now (RS-043, RS-044, RS-048).

The shapes below are the contract; what has no place in them is not sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from polydesk.directory.actors import Actor
from polydesk.tickets import kinds, queries
from polydesk.tickets.edits import encode, seen_status
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Attachment, Comment, Event, Ticket

from . import signing
from .formats import Format, News, Outgoing, register

LARGEST = 20_000
HIDDEN = frozenset({"extra", "phase", "priority_level"})
STAFF_AREAS = ("time", "relation")


class TicketNow(msgspec.Struct, omit_defaults=True):
    """The ticket as it is at the time of sending; rows by their ids. Staff alone see the second half."""

    id: int
    kind: str = ""
    title: str = ""
    status: str = ""
    company: int | None = None
    requester: int | None = None
    category: int | None = None
    created_at: str | None = None
    due_at: str | None = None
    version: int | None = None
    phase: str | None = None
    priority: str | None = None
    assignee: int | None = None
    queue: int | None = None


class CommentNow(msgspec.Struct, omit_defaults=True):
    """An entry as it is at the time of sending."""

    id: int
    type: str = ""
    internal: bool = False
    text: str = ""
    format: str = ""
    author: int | None = None
    side: str = ""
    sent_at: str | None = None


class FileNow(msgspec.Struct):
    """A file or link: what is known of it, never its bytes."""

    id: int
    name: str
    content_type: str
    size: int


class Who(msgspec.Struct):
    """Who did it: a person's id, none for the desk itself."""

    id: int | None
    side: str


class Happening(msgspec.Struct, omit_defaults=True):
    """What happened. `shortened`: too large for one message, so only ids were sent; ask the API for the rest."""

    event: int | None = None
    ticket: TicketNow | None = None
    actor: Who | None = None
    changes: dict[str, list[Any]] | None = None
    comments: list[CommentNow] | None = None
    attachments: list[FileNow] | None = None
    entries: list[dict[str, Any]] | None = None
    shortened: bool = False


class Message(msgspec.Struct):
    """The body: a dotted type, the time of the event in ISO 8601, and the data."""

    type: str
    timestamp: str
    data: Happening


def compose(news: News) -> Outgoing | None:
    """The body and its signed headers; None when nothing remains that the owner may see."""
    message = _message(news)
    if message is None:
        return None
    body = msgspec.json.encode(message)
    if len(body) >= LARGEST:
        body = msgspec.json.encode(_ids_only(message))
    timestamp = int(news.moment.timestamp())
    return Outgoing(
        body,
        {
            "webhook-id": news.delivery.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signing.signature(news.endpoint, news.delivery.message_id, timestamp, body),
        },
    )


def _message(news: News) -> Message | None:
    event, kind = news.event, news.delivery.type
    if event is None:
        return Message(kind, _iso(news.delivery.created_at), Happening())
    data = Happening(event=event.pk, actor=Who(event.actor_id, event.side))
    if kind == "ticket.purged" or news.ticket is None:
        data.ticket = TicketNow(event.ticket_id)
        return Message(kind, _iso(event.at), data) if kind == "ticket.purged" else None
    data.ticket = TicketNow(news.ticket.pk) if kind == "ticket.deleted" else ticket_now(news.actor, news.ticket)
    told = _tell(news, event, news.ticket, data)
    return Message(kind, _iso(event.at), data) if told else None


def _tell(news: News, event: Event, ticket: Ticket, data: Happening) -> bool:
    """Fill in the area's part; False when the owner may see none of it."""
    actor, kind = news.actor, news.delivery.type
    area = kind.partition(".")[0]
    if not actor.is_staff and (area in STAFF_AREAS or not event.public):
        return False
    if area == "ticket":
        data.changes = changes(actor, event)
        data.entries = [*event.changes.get("+sla", ())] or None
        return bool(data.changes) or actor.is_staff or kind != "ticket.updated"
    if area == "comment":
        return _comments(news, event, ticket, data)
    if area == "attachment":
        return _files(news, event, ticket, data)
    part = {"created": "+{}", "updated": "+{}_edit", "deleted": "+{}_removed"}[kind.partition(".")[2]].format(area)
    data.entries = [dict(entry) for entry in event.changes.get(part, ())]
    return bool(data.entries)


def _comments(news: News, event: Event, ticket: Ticket, data: Happening) -> bool:
    if news.delivery.type == "comment.deleted":
        gone = [e for e in event.changes.get("+comment_removed", ()) if _may_hear(news, ticket, e)]
        data.comments = [CommentNow(e["id"]) for e in gone]
        return bool(gone)
    part = "+comment" if news.delivery.type == "comment.created" else "+comment_edit"
    ids = [entry["id"] for entry in event.changes.get(part, ()) if entry.get("type") != "opening"]
    rows = queries.comments(news.actor, ticket).filter(pk__in=ids)
    if not news.endpoint.internal_notes:
        rows = rows.filter(internal=False).exclude(type="task")
    data.comments = [_comment(row, ticket) for row in rows]
    return bool(data.comments)


def _may_hear(news: News, ticket: Ticket, entry: dict[str, Any]) -> bool:
    if not entry.get("internal") and entry.get("type") != "task":
        return True
    return news.endpoint.internal_notes and queries.reads_internal(news.actor, ticket)


def _comment(row: Comment, ticket: Ticket) -> CommentNow:
    return CommentNow(
        id=row.pk,
        type=row.type,
        internal=row.internal,
        text=queries.text_of(row, ticket),
        format=queries.format_of(row, ticket),
        author=row.author_id,
        side=row.side,
        sent_at=_iso(row.sent_at),
    )


def _files(news: News, event: Event, ticket: Ticket, data: Happening) -> bool:
    part = "+attachment" if news.delivery.type == "attachment.created" else "+attachment_removed"
    ids = [entry["id"] for entry in event.changes.get(part, ())]
    if part == "+attachment":
        rows = queries.attachments(news.actor, ticket).filter(pk__in=ids)
    else:
        rows = Attachment.objects.filter(ticket=ticket, pk__in=ids)
        if not queries.reads_internal(news.actor, ticket):
            rows = rows.filter(internal=False)
    if not news.endpoint.internal_notes:
        rows = rows.filter(internal=False)
    data.attachments = [FileNow(row.pk, row.name, row.content_type, row.size) for row in rows]
    return bool(data.attachments)


def ticket_now(actor: Actor, ticket: Ticket) -> TicketNow:
    """What the actor may see of a ticket, in short; a customer sees of its status whose turn it is (RC-084)."""
    shown = TicketNow(
        id=ticket.pk,
        kind=ticket.kind,
        title=ticket.title,
        status=ticket.status if actor.is_staff else seen_status(ticket.phase, ticket.status),
        company=ticket.company_id,
        requester=ticket.requester_id,
        category=ticket.category_id,
        created_at=_iso(ticket.created_at),
        due_at=_iso(ticket.due_at) if ticket.due_at else None,
    )
    if actor.is_staff:
        shown.version, shown.phase, shown.priority = ticket.version, ticket.phase, ticket.priority
        shown.assignee, shown.queue = ticket.assignee_id, ticket.queue_id
    return shown


def changes(actor: Actor, event: Event) -> dict[str, list[Any]]:
    """field -> [before, after], as far as the actor may know."""
    shown = {name: list(change) for name, change in event.changes.items() if name in FIELDS and name not in HIDDEN}
    if actor.is_staff:
        return shown
    shown = {name: change for name, change in shown.items() if FIELDS[name].for_customers and name != "fields"}
    if "status" in shown:
        shown["status"] = [_seen(event.organization_id, key) for key in shown["status"]]
    return {name: change for name, change in shown.items() if change[0] != change[1]}


def _seen(organization_id: int, key: str | None) -> str:
    status = kinds.status(organization_id, key) if key else None
    return seen_status(status.phase, status.key) if status else ""


def _ids_only(message: Message) -> Message:
    data = message.data
    short = Happening(event=data.event, actor=data.actor, shortened=True)
    short.ticket = TicketNow(data.ticket.id) if data.ticket else None
    short.comments = [CommentNow(c.id) for c in data.comments or ()][:500] or None
    return Message(message.type, message.timestamp, short)


def _iso(moment: dt.datetime) -> str:
    return str(encode(moment))


def schema(types: Iterable[str]) -> dict[str, Any]:
    """The JSON Schema of messages of these types."""
    found = msgspec.json.schema(Message)
    found["$defs"]["Message"]["properties"]["type"] = {"enum": list(types)}
    return found


STANDARD = register(Format("standard", compose))
