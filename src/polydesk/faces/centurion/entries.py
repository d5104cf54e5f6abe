"""Comments as this face shows them: real ones and action lines in one list (CE-100 … CE-115, RC-170 … RC-176)."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from polydesk.tickets import access, queries
from polydesk.tickets.models import Comment, Event, Ticket, TimeEntry

from . import codes
from .auth import Caller
from .lines import Line, lines
from .names import Names
from .objects import moment


@dataclass(slots=True)
class Entry:
    """One row of the list: a comment, of which only the number may be known yet, or a line."""

    ticket: Ticket
    at: dt.datetime
    order: tuple[Any, ...]
    comment: Comment | None = None
    line: Line | None = None
    duration: int = 0
    comment_id: int = 0

    @property
    def id(self) -> int:
        """Its number, unique over both (RC-101)."""
        return self.line.id if self.line is not None else self.comment_id


def triages(caller: Caller, ticket: Ticket) -> bool:
    """Does the caller work on tickets of this type: then private comments are read and every field may be set?"""
    actor = caller.actor(ticket.organization_id)
    return actor is not None and (actor.is_superuser or access.holds(actor, "triage", ticket.kind))


def readable(caller: Caller, ticket: Ticket) -> Any:
    """The comments that the caller may read: private ones by author and triage (CE-112); the opening is no comment."""
    actor = caller.actor(ticket.organization_id)
    assert actor is not None
    return queries.comments(actor, ticket).exclude(type="opening")


def top_level(caller: Caller, ticket: Ticket, names: Names) -> list[Entry]:
    """Comments that answer nobody and all action lines, oldest first; a comment before the lines of its own event.

    The comments' numbers alone: a page reads those that it shows, `fill` all of them (RS-165)."""
    by_comment, times = _times(ticket)
    comments = readable(caller, ticket).filter(reply_to__isnull=True).order_by().values_list("pk", "sent_at")
    found = [Entry(ticket, at, (at, 0, pk), duration=by_comment.get(pk, 0), comment_id=pk) for pk, at in comments]
    found += [of_line(ticket, line) for line in lines(ticket.pk, _events(ticket), times, names)]
    return sorted(found, key=lambda entry: entry.order)


def fill(entries: Iterable[Entry]) -> None:
    """Read the comments of which only the numbers are known. One statement for each thousand, none without any."""
    empty = {e.comment_id: e for e in entries if e.comment is None and e.line is None}
    numbers = list(empty)
    for start in range(0, len(numbers), 1000):
        for row in Comment.objects.filter(pk__in=numbers[start : start + 1000]):
            empty[row.pk].comment = row


def of_comment(ticket: Ticket, comment: Comment, duration: int) -> Entry:
    """A comment in the list."""
    order = (comment.sent_at, 0, comment.pk)
    return Entry(ticket, comment.sent_at, order, comment=comment, duration=duration, comment_id=comment.pk)


def of_line(ticket: Ticket, line: Line) -> Entry:
    """An action line in the list."""
    return Entry(ticket, line.event.at, (line.event.at, 1, line.id), line=line, duration=line.duration)


def with_durations(ticket: Ticket, comments: Iterable[Comment]) -> list[Entry]:
    """Comments with the time booked on each."""
    by_comment, _ = _times(ticket)
    return [of_comment(ticket, c, by_comment.get(c.pk, 0)) for c in comments]


def line_entry(ticket: Ticket, line_id: int, names: Names) -> Entry | None:
    """The action line with this number."""
    _, times = _times(ticket)
    for line in lines(ticket.pk, _events(ticket), times, names):
        if line.id == line_id:
            return of_line(ticket, line)
    return None


def _events(ticket: Ticket) -> Iterable[Event]:
    return Event.objects.filter(ticket_id=ticket.pk).order_by("number").only("id", "verb", "actor_id", "at", "changes")


def _times(ticket: Ticket) -> tuple[dict[int, int], dict[int, int]]:
    """Seconds on each comment, and of each entry that stands on the ticket alone."""
    by_comment: dict[int, int] = {}
    alone: dict[int, int] = {}
    for pk, comment_id, seconds in TimeEntry.objects.filter(ticket=ticket).values_list("pk", "comment_id", "seconds"):
        if comment_id is None:
            alone[pk] = seconds
        else:
            by_comment[comment_id] = by_comment.get(comment_id, 0) + seconds
    return by_comment, alone


def show(entries: list[Entry], names: Names, zone: zoneinfo.ZoneInfo | None) -> list[dict[str, Any]]:
    """Several; one statement for all that they refer to."""
    fill(entries)
    for entry in entries:
        names.want("organization", entry.ticket.organization_id)
        if entry.comment is not None:
            c = entry.comment
            names.want("user", c.author_id, c.responsible_person_id)
            names.want("team", c.responsible_team_id)
            names.want("comment_category", c.category_id)
        else:
            names.want("user", entry.line.event.actor_id)  # type: ignore[union-attr]
    names.load()
    return [_show(entry, names, zone) for entry in entries]


def _show(entry: Entry, names: Names, zone: zoneinfo.ZoneInfo | None) -> dict[str, Any]:
    facts = _of_line(entry.line, names) if entry.line is not None else _of_comment(entry.comment, names, zone)  # type: ignore[arg-type]
    ticket = entry.ticket
    where = f"core/ticket/{ticket.pk}/comments"
    parent = facts["parent"]
    own = names.url(f"{where}/{parent}/threads/{entry.id}" if parent else f"{where}/{entry.id}")
    urls = {"_self": own}
    if parent is None and entry.comment is not None:
        urls["threads"] = names.url(f"{where}/{entry.id}/threads")
    return {
        "id": entry.id,
        "ticket": ticket.pk,
        **facts,
        "duration": entry.duration,
        "organization": names.show("organization", ticket.organization_id),
        "created": moment(entry.at, zone),
        "modified": moment((entry.comment and entry.comment.edited_at) or entry.at, zone),
        "_urls": urls,
    }


def _of_line(line: Line, names: Names) -> dict[str, Any]:
    return {
        "parent": None,
        "external_ref": None,
        "external_system": None,
        "comment_type": 1,
        "body": line.text(names),
        "private": False,
        "category": None,
        "template": None,
        "is_template": False,
        "source": 1,
        "status": 1,
        "responsible_user": None,
        "responsible_team": None,
        "user": names.show("user", line.event.actor_id),
        "planned_start_date": None,
        "planned_finish_date": None,
        "real_start_date": None,
        "real_finish_date": None,
        "date_closed": None,
    }


def _of_comment(c: Comment, names: Names, zone: zoneinfo.ZoneInfo | None) -> dict[str, Any]:
    ref = c.external_ref or ""
    return {
        "parent": c.reply_to_id,
        "external_ref": int(ref) if ref.isascii() and ref.isdigit() else None,
        "external_system": codes.external_system_number(c.external_system),
        "comment_type": codes.COMMENT_NUMBER[c.type],
        "body": c.text,
        "private": c.internal,
        "category": names.show("comment_category", c.category_id),
        "template": c.template_id,
        "is_template": c.is_template,
        "source": codes.SOURCE_NUMBER.get(c.source, 1),
        "status": codes.COMMENT_STATUS_NUMBER.get(c.task_status, 1),
        "responsible_user": names.show("user", c.responsible_person_id),
        "responsible_team": names.show("team", c.responsible_team_id),
        "user": names.show("user", c.author_id),
        "planned_start_date": moment(c.planned_start, zone),
        "planned_finish_date": moment(c.planned_finish, zone),
        "real_start_date": moment(c.real_start, zone),
        "real_finish_date": moment(c.real_finish, zone),
        "date_closed": moment(c.closed_at, zone),
    }
