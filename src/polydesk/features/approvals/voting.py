"""Asking people and counting their votes (AT-235, AT-444)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.tickets import edits
from polydesk.tickets.commands import door
from polydesk.tickets.commands.fields import finish
from polydesk.tickets.edits import Batch, Edit, Part, Recorded
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from .models import Approver, Board


def ask(
    ticket: Ticket | int, person: Person, *, by: Actor, via: str, vote: bool | None = None, note: str = ""
) -> Approver:
    """Make somebody an approver, with the vote when it is known already. A board member only votes."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "triage")
        if locked.kind != "change":
            raise refuse("approvals_are_of_changes", "kind", say("Only a change request has approvers."))
        if not person.is_active:
            raise refuse("no_inactive_row_is_newly_chosen", "approver", say("An inactive person cannot approve."))
        row = Approver.objects.filter(ticket=locked, person=person).first()
        if row is not None and (vote is None or row.approved is not None):
            raise refuse("approver_once", "approver", say("This person is an approver already."))
        row = row or Approver(ticket=locked, person=person)
        change = batch.edit(locked, by, verb="approval", via=via)
        _vote(change, row, vote, note)
        return _finish(batch, change, row)


def vote(row: Approver, approved: bool, *, by: Actor, via: str, note: str = "") -> Approver:
    """The approver's yes or no; the ticket's approval status follows."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, row.ticket_id, "view")
        row = Approver.objects.select_for_update().get(pk=row.pk)
        change = batch.edit(locked, by, verb="approval", via=via)
        _vote(change, row, approved, note)
        return _finish(batch, change, row)


def withdraw(row: Approver, *, by: Actor, via: str) -> None:
    """Take an extra approver away, with the vote; a member of the board stays."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, row.ticket_id, "triage")
        if row.is_member:
            raise refuse("members_stay", "approver", say("A member of the ticket's board cannot be removed."))
        change = batch.edit(locked, by, verb="approval", via=via)
        number = row.pk
        kept = {"id": number, "person": row.person_id, "approved": row.approved}
        change.add(Part("approver_removed", describe=lambda: kept, write=lambda: row.delete() and None))
        _decide(change, Approver.objects.filter(ticket=locked).exclude(pk=number))
        _finish(batch, change, row)


def _vote(change: Edit, row: Approver, approved: bool | None, note: str) -> None:
    if approved is not None:
        row.approved, row.note, row.voted_at = approved, note, change.at
    kept = {"person": row.person_id, "approved": approved, "note": note}
    change.add(Part("approver", describe=lambda: {"id": row.pk, **kept}, write=row.save))
    others = Approver.objects.filter(ticket_id=change.ticket.pk).exclude(pk=row.pk)
    _decide(change, [*others, row])


def _decide(change: Edit, approvers: Iterable[Approver]) -> None:
    """Any no rejects; enough yes approve; some yes approve partially (AT-235)."""
    votes = [row.approved for row in approvers]
    yes = votes.count(True)
    enough = yes if change.get("approval_rule") == "one_approver" else yes == len(votes) and yes
    if False in votes:
        change.set("approval_status", "rejected")
    elif enough:
        change.set("approval_status", "approved")
    elif yes:
        change.set("approval_status", "partially_approved")
    elif change.get("approval_status") in ("partially_approved", "approved", "rejected"):
        change.set("approval_status", "requested")


def _finish(batch: Batch, change: Edit, row: Approver) -> Approver:
    change.settle()
    batch.record(change)
    finish(batch, change)
    return row


def members_become_approvers(recorded: Sequence[Recorded]) -> None:
    """A ticket that names another board has its members as approvers instead of the old one's who did not vote."""
    for done in recorded:
        if "approval_board" in done.changes:
            _take_members(done.edit.ticket)


def _take_members(ticket: Ticket) -> None:
    Approver.objects.filter(ticket=ticket, is_member=True, approved=None).delete()
    Approver.objects.filter(ticket=ticket, is_member=True).update(is_member=False)
    board = Board.objects.filter(pk=ticket.approval_board).first() if ticket.approval_board else None
    members: list[Any] = list(board.members.filter(is_active=True)) if board else []
    there = {row.person_id: row for row in Approver.objects.filter(ticket=ticket)}
    Approver.objects.filter(pk__in=[there[m.pk].pk for m in members if m.pk in there]).update(is_member=True)
    Approver.objects.bulk_create(
        Approver(ticket=ticket, person=m, is_member=True) for m in members if m.pk not in there
    )
