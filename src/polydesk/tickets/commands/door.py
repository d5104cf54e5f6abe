"""What every command does first: find the ticket, hold it, close it if that is due, and ask whether the actor may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.tickets import access, queries
from polydesk.tickets.edits import Batch, now
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Denied, Missing
from polydesk.tickets.rules.lifecycle import closes_at

TicketOrId = Ticket | int


def number(ticket: TicketOrId) -> int:
    """The id of a ticket given as row or number."""
    return ticket.pk if isinstance(ticket, Ticket) else ticket


def enter(
    batch: Batch, actor: Actor, ticket: TicketOrId, verb: str, *, if_version: int | None = None, gone: bool = False
) -> Ticket:
    """The locked, visible, settled ticket on which `actor` may do `verb`. `gone` lets deleted tickets in."""
    locked = batch.lock(number(ticket), if_version)
    return admit(batch, actor, locked, verb, gone=gone)


def admit(batch: Batch, actor: Actor, locked: Ticket, verb: str, *, gone: bool = False) -> Ticket:
    """The same for a ticket that is locked already."""
    if not queries.can_see(actor, locked) or (locked.deleted_at is not None and not gone):
        raise Missing
    require(access.may(actor, verb, kind=locked.kind, ticket=locked))
    close_if_due(batch, locked, now())
    return locked


def enter_all(batch: Batch, actor: Actor, tickets: Iterable[TicketOrId], verb: str) -> dict[int, Ticket]:
    """Several at once, locked in ascending order (RS-036)."""
    locked = batch.lock_all(number(t) for t in tickets)
    return {pk: admit(batch, actor, ticket, verb) for pk, ticket in locked.items()}


def require(answer: access.Answer) -> None:
    """Raise Denied with the reason unless the answer is yes."""
    if not answer:
        raise Denied(answer.reason)


def close_if_due(batch: Batch, ticket: Ticket, moment: dt.datetime) -> bool:
    """Settle a due closing under the row lock, at the moment it was due, by the system (RC-307, ST-048)."""
    due = closes_at(ticket)
    if due is None or moment <= due:
        return False
    edit = batch.edit(
        ticket, actors.system(ticket.organization_id), verb="close", via="rule", cause="auto_close", at=due
    )
    edit.ask({"status": "closed"})
    edit.settle()
    return batch.record(edit)
