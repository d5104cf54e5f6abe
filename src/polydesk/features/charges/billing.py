"""Adding, changing, billing and removing charges and credits; each leaves one event on the ticket."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.tickets import edits
from polydesk.tickets.commands import door
from polydesk.tickets.commands.fields import finish
from polydesk.tickets.edits import Part
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import refuse
from polydesk.web.sentences import say

from .models import Charge, Credit

Line = Charge | Credit


def add(ticket: Ticket | int, line: Line, *, by: Actor, via: str) -> Line:
    """Put a new charge or credit on the ticket."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, ticket, "triage")
        line.ticket = locked
        change = batch.edit(locked, by, verb="charge", via=via)
        if isinstance(line, Charge):
            line.created_by_id, line.created_at = by.person_id, change.at
        change.add(Part(_name(line), describe=lambda: describe(line), rows=(line,)))
        change.settle()
        batch.record(change)
        finish(batch, change)
        return line


def change(line: Line, *, by: Actor, via: str, **facts: Any) -> Line:
    """Change a line that is not billed."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, line.ticket_id, "triage")
        line = type(line).objects.select_for_update().get(pk=line.pk)
        _check_unbilled(line)
        before = describe(line)
        for name, value in facts.items():
            setattr(line, name, value)
        edit = batch.edit(locked, by, verb="charge", via=via)
        if describe(line) != before:
            kept = {"before": before, "after": describe(line)}
            edit.add(Part(f"{_name(line)}_edit", describe=lambda: kept, write=line.save))
        edit.settle()
        batch.record(edit)
        finish(batch, edit)
        return line


def bill(charge: Charge, *, by: Actor, via: str, at: dt.datetime | None = None) -> Line:
    """Mark a charge as billed; from then on it neither changes nor lets the company change."""
    return change(charge, by=by, via=via, billed_at=at or edits.now())


def remove(line: Line, *, by: Actor, via: str) -> None:
    """Take an unbilled line away."""
    with edits.begin(by.organization_id) as batch:
        locked = door.enter(batch, by, line.ticket_id, "triage")
        _check_unbilled(line)
        edit = batch.edit(locked, by, verb="charge", via=via)
        kept = describe(line)
        edit.add(Part(f"{_name(line)}_removed", describe=lambda: kept, write=lambda: line.delete() and None))
        edit.settle()
        batch.record(edit)
        finish(batch, edit)


def describe(line: Line) -> dict[str, Any]:
    """What an event keeps of a line: all of its columns."""
    return {
        column.name: _kept(getattr(line, column.attname))
        for column in line._meta.concrete_fields
        if column.name not in ("ticket", "created_at")
    }


def _kept(value: Any) -> Any:
    return str(value.normalize()) if isinstance(value, Decimal) else edits.encode(value)


def _name(line: Line) -> str:
    return type(line).__name__.lower()


def _check_unbilled(line: Line) -> None:
    if isinstance(line, Charge) and line.billed_at is not None:
        raise refuse("charge_is_billed", "isBilled", say("A billed charge cannot be changed."))
