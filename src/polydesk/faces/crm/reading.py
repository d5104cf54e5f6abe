"""Rows become ticket objects: two statements for any number of tickets of one chunk (CR-021 … CR-035, PL-304)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.tickets import queries
from polydesk.tickets.models import Status, Ticket
from polydesk.tickets.refusals import Missing
from polydesk.tickets.statements.visible import Condition

from . import statements
from .fields import LEVEL_LABELS, PRIORITY_LABELS, STATUS_LABELS

decode = msgspec.json.decode


class Row(NamedTuple):
    """What one ticket object needs, in the order of the statement's columns."""

    id: int
    company: int | None
    category: int | None
    status: str
    priority: str | None
    level: int | None
    title: str
    assignee: int | None
    assigned_people: list[int]
    assigned_teams: list[int]
    suppliers: list[int]
    created_at: dt.datetime
    follow_up_on: str | None
    action_due_on: str | None
    email: str | None
    content: str


def visible(actor: Actor) -> QuerySet[Ticket]:
    """The tickets this face shows: visible ones that are on no status that counts as deleted (CR-009, CR-052)."""
    gone = Status.objects.filter(organization_id=actor.organization_id, counts_as_deleted=True).values("key")
    return queries.visible_to(actor).exclude(status__in=gone)


def rows(actor: Actor, conditions: Sequence[Condition] = (), *, after: int = 0, limit: int = 1) -> list[Row]:
    """The rows behind ticket objects, by rising id. One statement."""
    return [_row(values) for values in statements.tickets(actor, conditions, after=after, limit=limit)]


def row(actor: Actor, ticket_id: int) -> Row:
    """The row of one visible ticket, or Missing."""
    found = rows(actor, [Condition("t.id = %s", (ticket_id,))]) if 0 < ticket_id < 2**63 else []
    if not found:
        raise Missing
    return found[0]


def row_after(actor: Actor, ticket_id: int) -> Row:
    """The row of a ticket after a command on it."""
    return _row(statements.ticket(actor.organization_id, ticket_id))


def _row(values: Sequence[Any]) -> Row:
    *first, people, teams, suppliers, created_at, follow_up, action_due, email, content = values
    lists = (decode(text) if text != "[]" else [] for text in (people, teams, suppliers))
    return Row._make((*first, *lists, created_at, follow_up, action_due, email, content))


class Node(NamedTuple):
    """A category on the way from a ticket's category to its root."""

    parent: int
    name: str
    in_list: bool


@dataclass(slots=True)
class Names:
    """What ids are called, learnt once per chunk and kept over the chunks of a list."""

    organization_id: int
    people: dict[int, str] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    suppliers: dict[int, str] = field(default_factory=dict)
    categories: dict[int, Node] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    priorities: dict[str, str] = field(default_factory=dict)

    def learn(self, found: Iterable[Row]) -> Names:
        """Look up everything these rows name. One statement, none when nothing new is named."""
        found = list(found)
        return self.look_up(
            people={i for r in found for i in (r.assignee, *r.assigned_people) if i},
            teams={i for r in found for i in r.assigned_teams},
            suppliers={i for r in found for i in r.suppliers},
            categories={r.category for r in found if r.category},
            statuses={r.status for r in found},
            priorities={r.priority for r in found if r.priority},
        )

    def look_up(
        self,
        *,
        people: Set[int] = frozenset(),
        teams: Set[int] = frozenset(),
        suppliers: Set[int] = frozenset(),
        categories: Set[int] = frozenset(),
        statuses: Set[str] = frozenset(),
        priorities: Set[str] = frozenset(),
    ) -> Names:
        """Learn what these are called, in one statement for those not known yet."""
        wanted = (
            people - self.people.keys(),
            teams - self.teams.keys(),
            suppliers - self.suppliers.keys(),
            statuses - STATUS_LABELS.keys() - self.statuses.keys(),
            priorities - PRIORITY_LABELS.keys() - self.priorities.keys(),
        )
        new_categories = bool(categories - self.categories.keys())
        if new_categories or any(wanted):
            self._take(statements.names(self.organization_id, *wanted, categories=new_categories))
        return self

    def _take(self, answers: Iterable[Sequence[Any]]) -> None:
        for what, number, name, key, parent, flag in answers:
            match what:
                case "person":
                    self.people[number] = name
                case "team":
                    self.teams[number] = name
                case "supplier":
                    self.suppliers[number] = name
                case "category":
                    self.categories[number] = Node(parent, name, bool(flag))
                case "status":
                    self.statuses[key] = name
                case "priority":
                    self.priorities[key] = name

    def status(self, key: str) -> str:
        """Every status has a label, listed or not (RC-123, RC-321)."""
        return STATUS_LABELS.get(key) or self.statuses.get(key, key)

    def priority(self, key: str | None, level: int | None) -> str:
        """The row's own name when it is in the list, else the label of its level (RC-155)."""
        return PRIORITY_LABELS.get(key or "") or self.priorities.get(key or "") or LEVEL_LABELS[level]

    def type(self, category: int | None) -> tuple[int, str] | None:
        """The nearest category upwards that is in the list, else the root (RC-162)."""
        seen: set[int] = set()
        shown = None
        while category and category in self.categories and category not in seen:
            seen.add(category)
            node = self.categories[category]
            shown = category, node.name
            if node.in_list:
                return shown
            category = node.parent
        return shown


@dataclass(slots=True)
class Shown:
    """One ticket as this API shows it, beside the row behind it."""

    row: Row
    names: Names

    def object(self) -> dict[str, Any]:
        """The fifteen keys, always all of them."""
        row, names = self.row, self.names
        kind = names.type(row.category)
        return {
            "customerID": row.company,
            "ticketType": kind[1] if kind else None,
            "status": names.status(row.status),
            "ticketPriority": names.priority(row.priority, row.level),
            "customerEmail": row.email or "",
            "subject": row.title,
            "ticketContent": row.content,
            "owner": names.people.get(row.assignee) if row.assignee else None,
            "users": joined(row.assigned_people, names.people),
            "departments": joined(row.assigned_teams, names.teams),
            "ticketSuppliers": joined(row.suppliers, names.suppliers),
            "createdDate": day_of(row.created_at),
            "ticketFollowupDate": row.follow_up_on,
            "ticketActionRequiredDate": row.action_due_on,
            "id": str(row.id),
        }


def shown(actor: Actor, ticket_id: int) -> Shown:
    """One visible ticket, or Missing. Two statements."""
    found = row(actor, ticket_id)
    return Shown(found, Names(actor.organization_id).learn([found]))


def joined(ids: Sequence[int], names: dict[int, str]) -> str:
    """A list as one text, in its order (CR-041)."""
    return ", ".join(names[i] for i in ids if i in names)


def day_of(moment: dt.datetime) -> str:
    """The calendar date in the server's time zone (CR-039)."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date().isoformat()
