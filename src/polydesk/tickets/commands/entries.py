"""Comments, tasks, solutions, files and time: what stands on a ticket beside its fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import access, edits
from polydesk.tickets.access import Answer
from polydesk.tickets.checks import NEVER_IN_TEXT
from polydesk.tickets.edits import Edit, Part, encode
from polydesk.tickets.models import Attachment, Comment, Ticket, TimeEntry
from polydesk.tickets.refusals import Missing, refuse
from polydesk.tickets.rules.base import Rule
from polydesk.tickets.statements import writing
from polydesk.web.sentences import say

from . import door
from .door import TicketOrId
from .files import File, file_parts
from .files import describe as describe_file

TASK_FACTS = (
    "task_status",
    "responsible_person",
    "responsible_team",
    "planned_start",
    "planned_finish",
    "real_start",
    "real_finish",
    "closed_at",
    "category",
    "template",
    "is_template",
    "external_system",
    "external_ref",
    "source",
    "extra",
)
LONGEST_TEXT = 200_000


def add_comment(
    ticket: TicketOrId,
    text: str,
    *,
    by: Actor,
    via: str,
    type: str = "comment",
    internal: bool = False,
    format: str = "markdown",
    reply_to: Comment | int | None = None,
    files: Sequence[File] = (),
    seconds: int = 0,
    time: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    also: Iterable[Rule] = (),
    at: dt.datetime | None = None,
    cause: str = "",
    may_be_empty: bool = False,
    if_version: int | None = None,
) -> Any:
    """Write an entry; `values` are set in the same step ("send and set to …"), `seconds` are booked on it.

    A solution sets the resolution and solves the ticket (RC-178). `facts` are those of RC-108 (a task's people and
    dates, category, source …). Answers an Outcome whose `comment` is the new entry. Empty text needs files, time or
    `may_be_empty` (its commands were taken out, RC-102)."""
    from .fields import finish, settle

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "view", if_version=if_version)
        door.require(may_comment(by, locked, internal=internal))
        _check_text(text, empty=bool(files) or bool(seconds) or may_be_empty)
        entry = writing.new(
            Comment,
            type=type,
            internal=internal,
            text=text,
            format=format,
            author_id=by.person_id,
            impersonator_id=by.impersonator_id,
            side=by.side,
            via=via,
            reply_to=_parent_entry(locked, reply_to),
            sent_at=at or edits.now(),
            **_facts(facts),
        )
        change = batch.edit(locked, by, verb="comment", via=via, at=entry.sent_at, cause=cause)
        change.comment = entry
        wanted = dict(values or {})
        if type == "solution":
            wanted = {"status": "solved", "resolution": text, "resolution_format": format, **wanted}
        change.ask(wanted)
        named = set(change.asked) - ({"status", "resolution", "resolution_format"} if type == "solution" else set())
        door.require(access.may_edit(by, named, kind=locked.kind, ticket=locked))
        change.add(comment_part(entry))
        for part in file_parts(files, by, locked, entry):
            change.add(part)
        if seconds:
            book(change, seconds, comment=entry, **(time or {}))
        settle(change, also)
        batch.record(change)
        if entry.is_public and by.side == "customer":
            read_by_customer(locked, entry.sent_at)
        return finish(batch, change)


def may_comment(by: Actor, ticket: Ticket, *, internal: bool) -> Answer:
    """Public: who works on it, its customers, its requester. Internal: triage (RC-196) or the code `add:comment`."""
    if by.read_only:
        return Answer(False, say("This credential may only read."))
    if "add:comment" in by.rights and (by.side != "customer" or by.reads_by == "rights"):
        return Answer(True, "Holds the right to add comments.")
    if not internal and access.is_own(by, ticket):
        return Answer(True, "Requesters may write on their own tickets.")
    return access.may(by, "note" if internal else "comment", kind=ticket.kind, ticket=ticket)


def comment_part(entry: Comment) -> Part:
    """The new entry as part of an edit."""
    return Part("comment", describe=lambda: describe(entry), rows=(entry,), public=entry.is_public)


def describe(entry: Comment) -> dict[str, Any]:
    """What an event keeps of an entry."""
    return {
        "id": entry.pk,
        "type": entry.type,
        "internal": entry.internal,
        "text": entry.text,
        "format": entry.format,
        "author": entry.author_id,
        "side": entry.side,
        "reply_to": entry.reply_to_id,
        "sent_at": encode(entry.sent_at),
    }


def edit_comment(
    comment: Comment | int,
    *,
    by: Actor,
    via: str,
    text: str | None = None,
    format: str | None = None,
    internal: bool | None = None,
    facts: Mapping[str, Any] | None = None,
    seconds: int = 0,
    also: Iterable[Rule] = (),
    may_be_empty: bool = False,
) -> Any:
    """Change an entry's text, visibility or facts; type and author never change (RC-290). No change: no event."""
    from .fields import Outcome, finish

    with edits.begin(by.organization_id) as batch:
        entry = _entry(by, comment)
        locked = door.enter(batch, by, entry.ticket_id, "view")
        entry = Comment.objects.select_for_update().get(pk=entry.pk)
        if not (entry.author_id == by.person_id or "change:comment" in by.rights):
            door.require(access.may(by, "triage", kind=locked.kind, ticket=locked))
        if text is not None:
            _check_text(text, empty=bool(seconds) or may_be_empty or not entry.text)
        wanted = {"text": text, "format": format, "internal": internal}
        new = {k: v for k, v in wanted.items() if v is not None} | _facts(facts)
        if entry.type == "opening":
            raise refuse("opening_is_the_description", "text", say("The opening message is the ticket's description."))
        new = {name: value for name, value in new.items() if _stored(entry, name) != _plain(value)}
        if not new and not seconds:
            return Outcome(locked, None, entry)
        before = {name: encode(_stored(entry, name)) for name in new}
        was_public = entry.is_public
        for name, value in new.items():
            setattr(entry, name, value)
        entry.edited_at = edits.now()
        entry.version += 1
        change = batch.edit(locked, by, verb="edit_comment", via=via, at=entry.edited_at)
        change.add(
            Part(
                "comment_edit",
                describe=lambda: {
                    "id": entry.pk,
                    "before": before,
                    "after": {name: encode(_stored(entry, name)) for name in new},
                },
                write=entry.save,
                public=was_public or entry.is_public,
                counts_as_edit=False,
            )
        )
        if seconds:
            book(change, seconds, comment=entry)
        change.settle(also)
        batch.record(change)
        outcome = finish(batch, change)
        _remember_latest(locked)
        outcome.comment = entry
        return outcome


def remove_comment(comment: Comment | int, *, by: Actor, via: str) -> Any:
    """Take an entry and its replies away; the history keeps what they said until it is erased."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        entry = _entry(by, comment)
        locked = door.enter(batch, by, entry.ticket_id, "view")
        if "delete:comment" not in by.rights:
            door.require(access.may(by, "remove", kind=locked.kind, ticket=locked))
        if entry.type == "opening":
            raise refuse("opening_is_the_description", "comment", say("The opening message cannot be deleted."))
        gone = [entry, *Comment.objects.filter(reply_to=entry, deleted_at__isnull=True)]
        change = batch.edit(locked, by, verb="remove_comment", via=via)
        for row in gone:
            _remove(change, row)
        _rebook(change, gone)
        change.settle()
        batch.record(change)
        outcome = finish(batch, change)
        _remember_latest(locked)
        return outcome


def _remove(change: Edit, row: Comment) -> None:
    def write() -> None:
        row.deleted_at = change.at
        row.save(update_fields=["deleted_at"])

    change.add(
        Part("comment_removed", describe=lambda: {"id": row.pk, **describe(row)}, write=write, public=row.is_public)
    )


def _rebook(change: Edit, gone: Sequence[Comment]) -> None:
    """Time on a removed comment goes with it, so that the sum stays the sum (RC-292)."""
    entries = list(TimeEntry.objects.filter(comment__in=[row.pk for row in gone], posted_at__isnull=True))
    for entry in entries:
        change.add(_time_removed(entry))
    if entries:
        change.set("time_spent", max(0, change.get("time_spent") - sum(e.seconds for e in entries)))


def attach(
    ticket: TicketOrId,
    files: Sequence[File],
    *,
    by: Actor,
    via: str,
    comment: Comment | None = None,
    time_entry: TimeEntry | None = None,
) -> Any:
    """Put files or links on a ticket, or on one of its entries or time entries."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "view")
        internal = any(getattr(f, "internal", False) for f in files)
        door.require(may_comment(by, locked, internal=internal))
        change = batch.edit(locked, by, verb="attach", via=via)
        for part in file_parts(files, by, locked, comment, time_entry=time_entry):
            change.add(part)
        change.settle()
        batch.record(change)
        return finish(batch, change)


def detach(attachment: Attachment | int, *, by: Actor, via: str) -> Any:
    """Take a file off its ticket; the bytes go with the purge or when no row names them any more."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        row = attachment if isinstance(attachment, Attachment) else Attachment.objects.filter(pk=attachment).first()
        if row is None or row.ticket_id is None or row.organization_id != by.organization_id or row.deleted_at:
            raise Missing
        locked = door.enter(batch, by, row.ticket_id, "view")
        if row.author_id != by.person_id:
            door.require(access.may(by, "triage", kind=locked.kind, ticket=locked))
        change = batch.edit(locked, by, verb="detach", via=via)

        def write() -> None:
            row.deleted_at = change.at
            row.save(update_fields=["deleted_at"])

        change.add(
            Part("attachment_removed", describe=lambda: describe_file(row), write=write, public=not row.internal)
        )
        change.settle()
        batch.record(change)
        return finish(batch, change)


def add_time(ticket: TicketOrId, seconds: int, *, by: Actor, via: str, **facts: Any) -> Any:
    """Book work on the ticket alone; `facts` are columns of TimeEntry (person, worked_on, summary …)."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "time")
        change = batch.edit(locked, by, verb="time", via=via)
        entry = book(change, seconds, **facts)
        change.settle()
        batch.record(change)
        outcome = finish(batch, change)
        outcome.time = entry
        return outcome


def book(change: Edit, seconds: int, *, comment: Comment | None = None, **facts: Any) -> TimeEntry:
    """Add a time entry to an edit; the ticket's sum follows (RC-292)."""
    if seconds < 0:
        raise refuse("out_of_range", "time_spent", say("Time must not be negative."))
    facts.setdefault("person_id", change.actor.person_id) if "person" not in facts else None
    entry = TimeEntry(
        comment=comment,
        seconds=seconds,
        worked_on=facts.pop("worked_on", None) or change.at.date(),
        created_by_id=change.actor.person_id,
        created_at=change.at,
        **facts,
    )
    change.add(Part("time", describe=lambda: describe_time(entry), rows=(entry,)))
    change.set("time_spent", change.get("time_spent") + seconds)
    return entry


def describe_time(entry: TimeEntry) -> dict[str, Any]:
    """What an event keeps of a time entry."""
    return {
        "id": entry.pk,
        "person": entry.person_id,
        "seconds": entry.seconds,
        "worked_on": encode(entry.worked_on),
        "comment": entry.comment_id,
        "summary": entry.summary,
    }


def edit_time(entry: TimeEntry, *, by: Actor, via: str, **facts: Any) -> Any:
    """Change a time entry that is not posted; the ticket's sum follows."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, entry.ticket_id, "time")
        entry = TimeEntry.objects.select_for_update().get(pk=entry.pk)
        _check_unposted(entry)
        before = describe_time(entry)
        seconds = entry.seconds
        changed = {name: value for name, value in facts.items() if getattr(entry, name) != value}
        for name, value in changed.items():
            setattr(entry, name, value)
        change = batch.edit(locked, by, verb="edit_time", via=via)
        if changed:
            entry.updated_by_id = by.person_id
            change.add(
                Part(
                    "time_edit",
                    describe=lambda: {"id": entry.pk, "before": before, "after": describe_time(entry)},
                    write=entry.save,
                )
            )
            change.set("time_spent", max(0, change.get("time_spent") + entry.seconds - seconds))
        change.settle()
        batch.record(change)
        return finish(batch, change)


def remove_time(entry: TimeEntry, *, by: Actor, via: str) -> Any:
    """Take an unposted time entry away."""
    from .fields import finish

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, entry.ticket_id, "time")
        entry = TimeEntry.objects.select_for_update().get(pk=entry.pk)
        _check_unposted(entry)
        change = batch.edit(locked, by, verb="remove_time", via=via)
        change.add(_time_removed(entry))
        change.set("time_spent", max(0, change.get("time_spent") - entry.seconds))
        change.settle()
        batch.record(change)
        return finish(batch, change)


def _time_removed(entry: TimeEntry) -> Part:
    kept = describe_time(entry)
    return Part("time_removed", describe=lambda: kept, write=lambda: entry.delete() and None)


def _check_unposted(entry: TimeEntry) -> None:
    if entry.posted_at is not None:
        raise refuse("time_is_posted", "time_spent", say("Posted time cannot be changed."))


def mark_read(ticket: TicketOrId, *, by: Actor, comments: Iterable[int] | None = None) -> int:
    """The customer has read the staff's messages (RC-092, SE-143), or only `comments`, so that one which comes in the
    meantime stays unread: a mark, not an edit; how many were unread."""
    return read_by_customer(ticket, edits.now(), comments)


def read_by_customer(ticket: TicketOrId, moment: dt.datetime, comments: Iterable[int] | None = None) -> int:
    """Mark the staff's public messages up to now as read."""
    unread = Comment.objects.filter(ticket=door.number(ticket), internal=False, read_at__isnull=True)
    if comments is not None:
        unread = unread.filter(pk__in=list(comments))
    return unread.exclude(side="customer").exclude(type="task").update(read_at=moment)


def _remember_latest(ticket: Ticket) -> None:
    """After an entry became public, internal or was removed: which public message is the newest (RC-033, RC-093)."""
    public = Comment.objects.filter(ticket=ticket, internal=False, deleted_at__isnull=True).exclude(type="task")
    newest = public.exclude(type="opening").order_by("-id").first()
    opening = public.filter(type="opening").first()
    ticket.latest_message = newest.pk if newest else None
    shown = public.exclude(type__in=("opening", "automation")).order_by("-id").first() or opening
    ticket.latest_side = shown.side if shown else ""
    edits.point_at_latest(ticket)


def _entry(by: Actor, comment: Comment | int) -> Comment:
    number = comment.pk if isinstance(comment, Comment) else comment
    row = Comment.objects.filter(pk=number, ticket__organization_id=by.organization_id, deleted_at__isnull=True).first()
    if row is None:
        raise Missing
    return row


def _parent_entry(ticket: Ticket, reply_to: Comment | int | None) -> Comment | None:
    """Replies are one level deep (CE-111, RC-290)."""
    if reply_to is None:
        return None
    number = reply_to.pk if isinstance(reply_to, Comment) else reply_to
    row = Comment.objects.filter(pk=number, ticket=ticket, deleted_at__isnull=True).first()
    if row is None:
        raise refuse("unknown", "reply_to", say("There is no such comment on this ticket."))
    if row.reply_to_id is not None:
        raise refuse("replies_are_one_level_deep", "reply_to", say("Replying to a discussion reply is not possible"))
    return row


def _check_text(text: str, *, empty: bool) -> None:
    if not isinstance(text, str) or NEVER_IN_TEXT.search(text):
        raise refuse("invalid_characters", "text", say("The text has characters that no text may have."))
    if len(text) > LONGEST_TEXT:
        raise refuse("too_long", "text", say("The text may have at most %(most)s characters.", most=LONGEST_TEXT))
    if not text.strip() and not empty:
        raise refuse("required", "text", say("The text is required."))


def _facts(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    unknown = set(facts or {}) - set(TASK_FACTS)
    if unknown:
        raise ValueError(f"not facts of a comment: {sorted(unknown)}")
    return dict(facts or {})


def _stored(entry: Comment, name: str) -> Any:
    return getattr(entry, f"{name}_id", None) if hasattr(entry, f"{name}_id") else getattr(entry, name)


def _plain(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else value
