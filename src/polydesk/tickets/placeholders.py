"""The names that a prepared text may ask for on a ticket, and their values for one actor (RS-088)."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization, Person, Team
from polydesk.web import placeholders

from . import kinds
from .models import Ticket

NAMES = (
    "ticket.number",
    "ticket.title",
    "ticket.kind",
    "ticket.status",
    "ticket.priority",
    "requester.name",
    "requester.first_name",
    "requester.email",
    "company.name",
    "assignee.name",
    "team.name",
    "agent.name",
    "agent.first_name",
    "agent.email",
    "organization.name",
)


def fill(text: str, ticket: Ticket, actor: Actor) -> str:
    """The text for this ticket, written by this actor. No statement for a text that asks for nothing."""
    return placeholders.fill(text, values(ticket, actor)) if placeholders.names(text) else text


def values(ticket: Ticket, actor: Actor) -> dict[str, str]:
    """What every name stands for; empty where the ticket has nothing. Names of things are in the language of whoever
    asked, since the text is for him."""
    people = Person.objects.in_bulk([i for i in (ticket.requester_id, ticket.assignee_id, actor.person_id) if i])
    requester, assignee = people.get(ticket.requester_id or 0), people.get(ticket.assignee_id or 0)
    agent = people.get(actor.person_id or 0)
    house = Organization.objects.only("name", "language").get(pk=ticket.organization_id)
    statuses = {status.key: status.label for status in kinds.statuses(ticket.organization_id)}
    priorities = {level.key: level.label for level in kinds.priorities(ticket.organization_id)}
    found = {
        "ticket.number": str(ticket.pk or ""),
        "ticket.title": ticket.title,
        **_named(
            (requester.language if requester else "") or house.language,
            {
                "ticket.kind": kinds.KINDS[ticket.kind].label,
                "ticket.status": statuses.get(ticket.status, ticket.status),
                "ticket.priority": priorities.get(ticket.priority or "", ""),
            },
        ),
        "requester.name": _name(requester),
        "requester.first_name": _first_name(requester),
        "requester.email": requester.email if requester else "",
        "company.name": ticket.company.name if ticket.company else "",
        "assignee.name": _name(assignee),
        "team.name": _team(ticket),
        "agent.name": _name(agent),
        "agent.first_name": _first_name(agent),
        "agent.email": agent.email if agent else "",
        "organization.name": house.name,
    }
    assert tuple(found) == NAMES
    return found


def _named(language: str, names: dict[str, str]) -> dict[str, str]:
    with translation.override(language):
        return {place: word and gettext(word) for place, word in names.items()}


def _name(person: Person | None) -> str:
    return person.name if person else ""


def _first_name(person: Person | None) -> str:
    return (person.first_name or person.name.partition(" ")[0]) if person else ""


def _team(ticket: Ticket) -> str:
    first = ticket.assigned_teams[:1]
    return Team.objects.filter(pk__in=first).values_list("name", flat=True).first() or ""
