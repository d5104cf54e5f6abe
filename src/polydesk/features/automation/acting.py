"""Doing on one ticket what an automation says: one command, so one event, which says why and which one undo takes
back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from polydesk.directory import actors
from polydesk.tickets import commands, placeholders
from polydesk.tickets.edits import Edit, Part
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.rules import assignment
from polydesk.tickets.rules.base import Rule, completes

from . import abilities, recipe, sharing
from .models import Automation

VIA = "automation"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an automation acts on a ticket: an event, or hours since a moment; and how long the chain is by now."""

    ticket_id: int
    event_id: int | None = None
    since: datetime | None = None
    root_id: int | None = None
    round: int = 1

    @classmethod
    def of(cls, event: Event, since: datetime | None = None) -> Cause:
        """The event itself, or the time since it. One that an automation left continues the chain that led to it
        (RS-049)."""
        mark = event.changes.get("+automation", ({},))[0]
        root, number = mark.get("root") or event.pk, None if since else event.pk
        return cls(event.ticket_id, number, since, root, mark.get("round", 0) + 1)


def name_of(row: Automation) -> str:
    """Which automation it was, as events name their cause."""
    return f"automation:{row.pk}"


def matches(row: Automation, ticket_id: int) -> bool:
    """Does the condition hold for the ticket as it is? Exactly what a list of it would show."""
    by = actors.system(row.organization_id)
    return abilities.find(by, row.parts.condition).filter(pk=ticket_id).exists()


def act(row: Automation, ticket: Ticket, cause: Cause) -> commands.Outcome:
    """Do it, by the desk itself; nothing is written where everything is so already."""
    by, then = actors.system(row.organization_id), row.parts.then
    values, text = _values(row, then, ticket), placeholders.fill(then.text, ticket, by).strip()
    facts: dict[str, Any] = {"by": by, "via": VIA, "cause": name_of(row), "also": _also(row, then, cause)}
    if not text:
        return commands.edit(ticket.pk, values, **facts)
    done: commands.Outcome = commands.add_comment(
        ticket.pk, text, type="automation", internal=then.internal, values=values, **facts
    )
    return done


def _values(row: Automation, then: recipe.Then, ticket: Ticket) -> dict[str, Any]:
    values = dict(then.values)
    if then.hand_to is not None:
        values["assignee"] = sharing.next_of(row, then.hand_to)
    if then.add_tags or then.remove_tags:
        kept = [tag for tag in ticket.tags if tag not in then.remove_tags]
        values["tags"] = [*kept, *(tag for tag in then.add_tags if tag not in kept)]
    return values


def _also(row: Automation, then: recipe.Then, cause: Cause) -> tuple[Rule, ...]:
    @completes
    def more_than_fields(edit: Edit) -> None:
        """What stands beside the fields: the checklist, who is told; and, where anything is done, why."""
        if then.checklist is not None:
            for part in abilities.checklist(then.checklist, edit.ticket):
                edit.add(part)
        if then.tell_people or then.tell_teams:
            edit.add(told(then.tell_people, then.tell_teams))
        if not edit.is_empty:
            edit.add(Part("automation", describe=lambda: _mark(row, cause)))

    return assignment.status_follows_assignment, more_than_fields


def told(people: list[int], teams: list[int], what: str = "called") -> Part:
    """Whom the event is for; the feature that tells people reads it there."""
    return Part("told", describe=lambda: {"people": people, "teams": teams, "what": what}, is_activity=False)


def _mark(row: Automation, cause: Cause) -> dict[str, Any]:
    """What the event keeps of the automation as it was; a reader needs no row of ours."""
    return {
        "id": row.pk,
        "name": row.name,
        "version": row.version,
        "condition": row.parts.condition,
        "event": cause.event_id,
        "root": cause.root_id,
        "round": cause.round,
    }
