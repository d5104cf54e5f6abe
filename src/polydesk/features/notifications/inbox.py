"""What somebody has been told: the door for faces. Nobody sees another's, nor of his own what he may not see by now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.tickets import queries
from polydesk.tickets.edits import now
from polydesk.tickets.models import Comment, Ticket
from polydesk.web.statements import fetch_one

from . import audience, wording
from .models import Notification

LONGEST_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One notification as its reader may see it."""

    row: Notification
    ticket: Ticket
    actor: str
    sentence: str
    excerpt: str


def listed(actor: Actor, *, unread: bool = False, ticket: int | None = None) -> QuerySet[Notification]:
    """The actor's own in this organization, of tickets that he still sees, newest first."""
    found = _own(actor).filter(Exists(queries.visible_to(actor).filter(pk=OuterRef("ticket_id"))))
    found = found.filter(read_at__isnull=True) if unread else found
    found = found.filter(ticket_id=ticket) if ticket is not None else found
    return found.select_related("ticket").order_by("-id")


def items(actor: Actor, rows: Sequence[Notification]) -> list[Item]:
    """Rows with their words. Two queries."""
    names = dict(Person.objects.filter(pk__in={r.actor_id for r in rows if r.actor_id}).values_list("pk", "name"))
    entries = Comment.objects.in_bulk({r.comment_id for r in rows if r.comment_id})
    return [
        Item(
            row=row,
            ticket=row.ticket,
            actor=(name := names.get(row.actor_id or 0, "")),
            sentence=wording.sentence(row.what, row.reason, name),
            excerpt=_excerpt(actor, row.ticket, entries.get(row.comment_id or 0)),
        )
        for row in rows
    ]


def _excerpt(actor: Actor, ticket: Ticket, entry: Comment | None) -> str:
    if entry is None or not audience.may_read(actor, ticket, entry):
        return ""
    text = " ".join(queries.text_of(entry, ticket)[: LONGEST_EXCERPT * 4].split())
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1] + "…"


_UNREAD = """SELECT count(*) FROM notifications_notification n JOIN tickets_ticket t ON t.id = n.ticket_id
    WHERE n.person_id = %(person)s AND n.organization_id = %(organization)s AND n.shown AND n.read_at IS NULL
      AND t.deleted_at IS NULL"""


def unread(actor: Actor) -> int:
    """How many the actor has not read, for the bell of every page."""
    row = fetch_one(_UNREAD, {"person": actor.person_id, "organization": actor.organization_id})
    return int(row[0]) if row else 0


def mark(
    actor: Actor,
    rows: Iterable[int] | None = None,
    *,
    ticket: int | None = None,
    through: int | None = None,
    read: bool = True,
) -> int:
    """Read, or unread again: these, those of one ticket, those up to one, or all; how many changed. One statement."""
    found = _own(actor).filter(read_at__isnull=read)
    found = found.filter(pk__in=list(rows)) if rows is not None else found
    found = found.filter(ticket_id=ticket) if ticket is not None else found
    found = found.filter(pk__lte=through) if through is not None else found
    return found.update(read_at=now() if read else None)


def _own(actor: Actor) -> QuerySet[Notification]:
    return Notification.objects.filter(
        person_id=actor.person_id or 0, organization_id=actor.organization_id, shown=True
    )
