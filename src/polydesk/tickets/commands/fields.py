"""create, edit, assign, close, reopen: the verbs that change a ticket's own fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization
from polydesk.tickets import access, edits
from polydesk.tickets.edits import Batch, Edit
from polydesk.tickets.models import Comment, Event, Ticket, TimeEntry
from polydesk.tickets.refusals import refuse
from polydesk.tickets.rules import assignment
from polydesk.tickets.rules.base import Rule
from polydesk.tickets.rules.filing import requester_side
from polydesk.tickets.rules.lifecycle import AUTO_CLOSE, auto_close_hours
from polydesk.tickets.statements import writing
from polydesk.web.sentences import say

from . import door
from .door import TicketOrId
from .entries import comment_part, read_by_customer
from .files import File, file_parts

LINKS = ("parent", "problem")


@dataclass(slots=True)
class Outcome:
    """What a command did: the ticket as it is now, and the event, None when nothing changed."""

    ticket: Ticket
    event: Event | None = None
    comment: Comment | None = None
    time: TimeEntry | None = None

    @property
    def changed(self) -> bool:
        """Did it change anything?"""
        return self.event is not None


def create(
    kind: str,
    values: Mapping[str, Any],
    *,
    by: Actor,
    via: str,
    also: Iterable[Rule] = (),
    files: Sequence[File] = (),
    at: dt.datetime | None = None,
    cause: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Ticket:
    """Make a ticket of `kind` with `values` (names of tickets.fields). `files` belong to its opening message."""
    with edits.begin(by.organization_id) as batch:
        return create_in(
            batch, kind, values, by=by, via=via, also=also, files=files, at=at, cause=cause, facts=facts
        ).ticket


def create_in(
    batch: Batch,
    kind: str,
    values: Mapping[str, Any],
    *,
    by: Actor,
    via: str,
    also: Iterable[Rule] = (),
    files: Sequence[File] = (),
    at: dt.datetime | None = None,
    cause: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Edit:
    """`create` inside a batch that writes several tickets at once."""
    door.require(access.may(by, "create", kind=kind))
    imported = [n for n in ("created_at", "closed_at", "external_system", "external_ref") if values.get(n) is not None]
    if imported:
        door.require(access.may(by, "import", kind=kind))
    edit = batch.draft(by, kind, verb="create", via=via, at=at, cause=cause)
    edit.facts.update(facts or {})
    edit.ask(values)
    edit.settle(also)
    _open(edit, files)
    batch.record(edit)
    return edit


def _open(edit: Edit, files: Sequence[File]) -> None:
    """Text or a file makes the opening message; it speaks for a customer-side requester (RC-100, RC-104)."""
    if not edit.get("description") and not files and not edit.facts.get("has_secrets"):
        return
    for_requester = requester_side(edit) == "customer"
    opening = writing.new(
        Comment,
        type="opening",
        author_id=edit.get("requester") if for_requester else edit.actor.person_id,
        impersonator_id=edit.actor.impersonator_id,
        side="customer" if for_requester else edit.actor.side,
        via=edit.via,
        format=edit.get("description_format"),
        sent_at=edit.get("created_at"),
    )
    edit.comment = opening
    edit.add(comment_part(opening))
    for part in file_parts(files, edit.actor, edit.ticket, opening):
        edit.add(part)


def edit(
    ticket: TicketOrId,
    values: Mapping[str, Any],
    *,
    by: Actor,
    via: str,
    also: Iterable[Rule] = (),
    if_version: int | None = None,
    at: dt.datetime | None = None,
    cause: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """Change fields of a ticket: what equals the stored value is no edit (RC-002). Without a change: no event."""
    with edits.begin(by.organization_id) as batch:
        if any(name in values for name in LINKS):
            batch.lock_links()
        locked = door.enter(batch, by, ticket, "view", if_version=if_version)
        change = edit_in(batch, locked, values, by=by, via=via, also=also, at=at, cause=cause, facts=facts)
        return finish(batch, change)


def edit_in(
    batch: Batch,
    locked: Ticket,
    values: Mapping[str, Any],
    *,
    by: Actor,
    via: str,
    verb: str = "edit",
    also: Iterable[Rule] = (),
    at: dt.datetime | None = None,
    cause: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Edit:
    """`edit` of a locked ticket inside a batch."""
    change = batch.edit(locked, by, verb=verb, via=via, at=at, cause=cause)
    change.facts.update(facts or {})
    change.ask(values)
    door.require(access.may_edit(by, change.asked, kind=locked.kind, ticket=locked))
    settle(change, also)
    batch.record(change)
    return change


def settle(change: Edit, also: Iterable[Rule] = ()) -> None:
    """Run the rules; a first text makes the opening message that it is the text of (RC-100)."""
    change.settle(also)
    if not change.changes("description") or change.was("description"):
        return
    if not Comment.objects.filter(ticket=change.ticket, type="opening").exists():
        opening = writing.new(
            Comment,
            type="opening",
            author_id=change.actor.person_id,
            side=change.actor.side,
            via=change.via,
            format=change.get("description_format"),
            sent_at=change.ticket.created_at,
        )
        change.add(comment_part(opening))


def finish(batch: Batch, change: Edit) -> Outcome:
    """Write the batch and give what became of this edit."""
    for recorded in batch.flush():
        if recorded.edit is change:
            return Outcome(change.ticket, recorded.event, change.comment)
    return Outcome(change.ticket)


def assign(ticket: TicketOrId, person: Any, *, by: Actor, via: str, also: Iterable[Rule] = ()) -> Outcome:
    """Give the ticket to a person (None takes it away); New and Assigned follow (RC-140)."""
    return edit(ticket, {"assignee": person}, by=by, via=via, also=(assignment.status_follows_assignment, *also))


def close(
    ticket: TicketOrId,
    *,
    by: Actor,
    via: str,
    status: str = "closed",
    rating: tuple[str, int, str] | None = None,
    values: Mapping[str, Any] | None = None,
    also: Iterable[Rule] = (),
    if_version: int | None = None,
) -> Outcome:
    """Close a ticket, with a rating (scale, score, text) in the same step when the customer gives one (RC-304)."""
    from .rating import rating_part

    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "close", if_version=if_version)
        change = batch.edit(locked, by, verb="close", via=via)
        change.ask({"status": status, **(values or {})})
        if rating:
            change.add(rating_part(change, *rating))
        settle(change, also)
        batch.record(change)
        return finish(batch, change)


def reopen(
    ticket: TicketOrId,
    *,
    by: Actor,
    via: str,
    text: str = "",
    format: str = "markdown",
    files: Sequence[File] = (),
    values: Mapping[str, Any] | None = None,
    also: Iterable[Rule] = (),
    if_version: int | None = None,
) -> Outcome:
    """Bring a solved or closed ticket back: to Assigned when somebody is on it, else to Open (RC-143, RC-308)."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "reopen", if_version=if_version)
        change = batch.edit(locked, by, verb="reopen", via=via)
        if locked.is_open:
            raise refuse("not_closed", "status", say("The ticket is open already."))
        change.ask({"status": "assigned" if assignment.was_assigned(change) else "open", **(values or {})})
        if text or files:
            entry = writing.new(
                Comment,
                type="comment",
                text=text,
                format=format,
                author_id=by.person_id,
                side=by.side,
                via=via,
                sent_at=change.at,
            )
            change.comment = entry
            change.add(comment_part(entry))
            for part in file_parts(files, by, locked, entry):
                change.add(part)
        settle(change, also)
        batch.record(change)
        if change.comment is not None and by.side == "customer":
            read_by_customer(locked, change.at)
        return finish(batch, change)


def settle_due(moment: dt.datetime | None = None, *, final_span: dt.timedelta | None = None) -> int:
    """Close every solved ticket whose time has come; how many. For the tick (RC-307); `final_span` bounds the search
    for tickets whose span a face knows (it is asked again under each lock)."""
    moment = moment or edits.now()
    closed = 0
    for organization in Organization.objects.all():
        for ticket_id in _maybe_due(organization, moment, final_span):
            with edits.begin(organization.pk) as batch:
                closed += door.close_if_due(batch, batch.lock(ticket_id), moment)
    return closed


def _maybe_due(organization: Organization, moment: dt.datetime, final_span: dt.timedelta | None) -> list[int]:
    solved = Ticket.objects.filter(organization=organization, phase="solved", deleted_at__isnull=True)
    found: list[int] = []
    for kind in organization.settings.get(AUTO_CLOSE, {}):
        hours = auto_close_hours(organization, kind)
        if hours is not None:
            until = moment - dt.timedelta(hours=hours)
            found += solved.filter(kind=kind, final=False, solved_at__lt=until).values_list("pk", flat=True)
    finals = solved.filter(final=True)
    if final_span is not None:
        finals = finals.filter(solved_at__lt=moment - final_span)
    return [*found, *finals.values_list("pk", flat=True)]
