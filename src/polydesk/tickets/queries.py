"""Reading: everything starts at what an actor may see (RC-192, RC-272), in lists, counts, search and single tickets.

`visible_to` is the set and `can_see` the same question about one row in hand; a test holds the two equal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet

from polydesk.directory.actors import Actor
from polydesk.web.compiled import Compiled

from . import access
from .edits import decode
from .fields import FIELDS
from .kinds import KINDS
from .models import AccessProject, Attachment, Comment, Event, Participant, Ticket
from .refusals import Missing


def visible_to(actor: Actor, *, deleted: bool = False) -> QuerySet[Ticket]:
    """Every ticket that `actor` may see; deleted ones only when asked for, and then only they."""
    tickets = Ticket.objects.filter(organization_id=actor.organization_id, deleted_at__isnull=not deleted)
    if actor.is_system or actor.is_superuser:
        return tickets
    if deleted:
        return tickets.filter(kind__in=_kinds_of_deleted(actor))
    if actor.side == "customer" and actor.reads_by == "side":
        return tickets.filter(shared_with(actor))
    kinds = access.kinds_with(actor, "view")
    if len(kinds) == len(KINDS):
        return tickets
    own = [kind for kind in KINDS if kind not in kinds and access.holds_any(actor, kind)]
    return tickets.filter(Q(kind__in=kinds) | (Q(kind__in=own) & mine(actor)))


def mine(actor: Actor) -> Q:
    """Requested or created by the actor."""
    return Q(requester_id=actor.person_id) | Q(creator_id=actor.person_id)


def shared_with(actor: Actor) -> Q:
    """What a customer sees: own requests and, where the membership says so, those of the company by access level.

    An actor limited to projects sees by access level alone (SE-035)."""
    company = Q(company_id=actor.company_id) if actor.company_id else Q(pk__in=())
    if actor.projects:
        reach = AccessProject.objects.filter(ticket=OuterRef("pk"), key__in=actor.projects)
        return Q(shared=True) & company & (Q(access="all_users") | (Q(access="project_users") & Q(Exists(reach))))
    watching = Participant.objects.filter(ticket=OuterRef("pk"), part="watching", person_id=actor.person_id or 0)
    own = mine(actor) | Q(Exists(watching))
    return Q(shared=True) & (own | company if actor.sees_company else own)


def can_see(actor: Actor, ticket: Ticket) -> bool:
    """Is this very ticket among those that `visible_to` gives (deleted ones for holders of delete or purge)?"""
    if ticket.organization_id != actor.organization_id:
        return False
    if actor.is_system or actor.is_superuser:
        return True
    if ticket.deleted_at is not None:
        return ticket.kind in _kinds_of_deleted(actor)
    if actor.side == "customer" and actor.reads_by == "side":
        return ticket.shared and _is_shared_with(actor, ticket)
    if access.holds(actor, "view", ticket.kind):
        return True
    return access.holds_any(actor, ticket.kind) and access.is_own(actor, ticket)


def _is_shared_with(actor: Actor, ticket: Ticket) -> bool:
    same_company = actor.company_id is not None and ticket.company_id == actor.company_id
    if actor.projects:
        reached = ticket.access == "project_users" and bool(set(actor.projects) & set(ticket.access_projects))
        return same_company and (ticket.access == "all_users" or reached)
    own = access.is_own(actor, ticket) or actor.person_id in ticket.watchers
    return own or (same_company and actor.sees_company)


def _kinds_of_deleted(actor: Actor) -> list[str]:
    return [k for k in KINDS if access.holds(actor, "delete", k) or access.holds(actor, "purge", k)]


def get(actor: Actor, ticket_id: int) -> Ticket:
    """One visible ticket, or Missing. One query."""
    ticket = visible_to(actor).filter(pk=ticket_id).first() if 0 < ticket_id < 2**63 else None
    if ticket is None:
        raise Missing
    return ticket


def comments(actor: Actor, ticket: Ticket) -> QuerySet[Comment]:
    """The entries of a visible ticket that the actor may read, oldest first (RC-177)."""
    return _comments(_reach(actor, ticket), ticket.pk, actor.person_id or 0).order_by("sent_at", "id")


def latest_comments(actor: Actor, ticket: Ticket, most: int) -> list[Comment]:
    """The newest of these entries, still oldest first. One query."""
    return _latest_comments(_reach(actor, ticket), most)(ticket.pk, actor.person_id or 0)[::-1]


@lru_cache(maxsize=16)
def _latest_comments(reach: str, most: int) -> Compiled[Comment]:
    return Compiled(lambda ticket, person: _comments(reach, ticket, person).order_by("-sent_at", "-id")[:most])


def _comments(reach: str, ticket_id: int, person_id: int) -> QuerySet[Comment]:
    entries = Comment.objects.filter(ticket_id=ticket_id, deleted_at__isnull=True)
    if reach == "all":
        return entries
    if reach == "public":
        return entries.filter(internal=False).exclude(type="task")
    return entries.filter(Q(internal=False) | Q(author_id=person_id))


def _reach(actor: Actor, ticket: Ticket) -> str:
    """Which entries the actor reads: `all`, the `public` ones, or those and his `own`."""
    if reads_internal(actor, ticket):
        return "all"
    return "public" if actor.side == "customer" and actor.reads_by == "side" else "own"


def attachments(actor: Actor, ticket: Ticket) -> QuerySet[Attachment]:
    """The files of a visible ticket that the actor may read."""
    files = Attachment.objects.filter(ticket=ticket, deleted_at__isnull=True).order_by("id")
    if reads_internal(actor, ticket):
        return files
    return files.filter(internal=False).filter(
        Q(comment__isnull=True)
        | Q(comment__internal=False, comment__deleted_at__isnull=True) & ~Q(comment__type="task")
    )


def reads_internal(actor: Actor, ticket: Ticket) -> bool:
    """Does the actor read internal notes by right (RC-177)?"""
    if actor.side == "customer" and actor.reads_by == "side":
        return False
    return bool(access.may(actor, "note", kind=ticket.kind, ticket=ticket)) or (
        actor.is_staff and access.holds(actor, "triage", ticket.kind)
    )


def text_of(comment: Comment, ticket: Ticket) -> str:
    """What the entry says; the opening message says the description (RC-100)."""
    return ticket.description if comment.type == "opening" else comment.text


def format_of(comment: Comment, ticket: Ticket) -> str:
    """`markdown` or `plain`; the opening message follows the description, whoever wrote it last (RC-182)."""
    return ticket.description_format if comment.type == "opening" else comment.format


def latest_messages(tickets: Iterable[Ticket]) -> dict[int, str]:
    """Text of the newest public message of each ticket, else its description (RC-033). One query."""
    tickets = list(tickets)
    ids = [t.latest_message for t in tickets if t.latest_message]
    texts = dict(Comment.objects.filter(pk__in=ids).values_list("ticket_id", "text")) if ids else {}
    return {t.pk: texts.get(t.pk, t.description) for t in tickets}


def awaiting(ticket: Ticket) -> str:
    """Whose turn it is on an open ticket: `customer` after staff wrote, else `staff`; "" when it is done (RC-093)."""
    if not ticket.is_open and ticket.phase != "solved":
        return ""
    return "customer" if ticket.latest_side == "staff" else "staff"


def history(actor: Actor, ticket: Ticket) -> QuerySet[Event]:
    """The events of a visible ticket, oldest first; a customer sees the public ones alone (RS-115)."""
    return _events(ticket.pk, actor.is_staff).order_by("number")


def latest_events(actor: Actor, ticket: Ticket, most: int) -> list[Event]:
    """The newest of these events, still oldest first. One query."""
    return _latest_events(actor.is_staff, most)(ticket.pk)[::-1]


@lru_cache(maxsize=16)
def _latest_events(is_staff: bool, most: int) -> Compiled[Event]:
    return Compiled(lambda ticket: _events(ticket, is_staff).order_by("-number")[:most])


def _events(ticket_id: int, is_staff: bool) -> QuerySet[Event]:
    events = Event.objects.filter(ticket_id=ticket_id)
    return events if is_staff else events.filter(public=True)


@dataclass(slots=True)
class Snapshot:
    """A ticket as it was: its fields, the ids of its comments with their texts, its relations."""

    ticket_id: int
    moment: dt.datetime
    version: int = 0
    fields: dict[str, Any] = field(default_factory=dict)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    relations: list[dict[str, Any]] = field(default_factory=list)


def as_of(ticket: Ticket, moment: dt.datetime) -> Snapshot:
    """The ticket as it was at `moment`, from its events alone (PL-030). Missing when it did not exist yet."""
    events = Event.objects.filter(ticket_id=ticket.pk, at__lte=moment).order_by("number")
    return replay(ticket.pk, events, moment)


def replay(ticket_id: int, events: Iterable[Event], moment: dt.datetime) -> Snapshot:
    """The state that a run of events leads to, starting from nothing (PL-021)."""
    was = Snapshot(ticket_id, moment, fields={name: f.empty for name, f in FIELDS.items()})
    for event in events:
        was.version = event.number
        for name, change in event.changes.items():
            if name.startswith("+"):
                for part in change:
                    _replay_part(was, name[1:], part)
            else:
                was.fields[name] = decode(name, change[1])
    if not was.version:
        raise Missing
    return was


def _replay_part(was: Snapshot, name: str, part: dict[str, Any]) -> None:
    if name == "comment":
        was.comments[part["id"]] = dict(part)
    elif name == "comment_edit" and part["id"] in was.comments:
        was.comments[part["id"]].update(part["after"])
    elif name == "comment_removed":
        was.comments.pop(part["id"], None)
    elif name == "relation":
        was.relations.append(part)
    elif name == "relation_removed":
        was.relations = [r for r in was.relations if r["id"] != part["id"]]


def feed(actor: Actor, *, after: tuple[int, int] = (0, 0), limit: int = 100) -> list[Event]:
    """Events of visible tickets after a position `(tx, id)`, in an order no commit can slip behind (PL-107).

    On PostgreSQL only transactions older than the oldest running one are shown, so a follower never skips."""
    tx, event_id = after
    events = Event.objects.filter(organization_id=actor.organization_id).filter(
        Q(tx__gt=tx) | Q(tx=tx, id__gt=event_id)
    )
    if not actor.is_staff:
        events = events.filter(public=True)
    if not (actor.is_system or actor.is_superuser):
        events = events.filter(Exists(visible_to(actor).filter(pk=OuterRef("ticket_id"))))
    return list(settled(events).order_by("tx", "id")[:limit])


def settled(events: QuerySet[Event]) -> QuerySet[Event]:
    """Only events that no running transaction can still precede."""
    return events.filter(tx__lt=OldestRunning()) if connection.vendor == "postgresql" else events


class OldestRunning(Func):
    """The id of the oldest transaction that may still commit an event (PostgreSQL).

    The snapshot names the running transactions of the whole cluster; left out are those of which their lock and their
    session both say that they belong to another database. What is in doubt counts as ours, and every role sees these
    columns. Asked of the snapshot of the statement itself: who commits meanwhile is running in it still."""

    template = """COALESCE(
        (SELECT min(running::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) AS running WHERE NOT EXISTS (
            SELECT FROM pg_locks AS own JOIN pg_stat_activity AS session USING (pid)
            WHERE own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock' AND own.granted
                AND own.transactionid = running::xid AND session.backend_xid = running::xid
                AND session.datname <> current_database())),
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"""
    output_field = BigIntegerField()
