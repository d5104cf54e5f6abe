"""Rows become ticket objects: two statements for any number of tickets of one chunk (CR-021 … CR-035, PL-304)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, BooleanField, CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from polydesk.directory.actors import Actor
from polydesk.directory.models import Company, Person, Team
from polydesk.tickets import queries
from polydesk.tickets.models import Category, Comment, Priority, Status, Ticket
from polydesk.tickets.refusals import Missing

from .fields import LEVEL_LABELS, PRIORITY_LABELS, STATUS_LABELS


class Row(NamedTuple):
    """What one ticket object needs; the fields are those of `COLUMNS`, in its order."""

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
    follow_up_on: dt.date | None
    action_due_on: dt.date | None
    email: str | None
    content: str


COLUMNS = (
    "id",
    "company_id",
    "category_id",
    "status",
    "priority",
    "priority_level",
    "title",
    "assignee_id",
    "assigned_people",
    "assigned_teams",
    "suppliers",
    "created_at",
    "follow_up_on",
    "action_due_on",
    "requester__email",
    "content",
)


def visible(actor: Actor) -> QuerySet[Ticket]:
    """The tickets this face shows: visible ones that are on no status that counts as deleted (CR-009, CR-052)."""
    gone = Status.objects.filter(organization_id=actor.organization_id, counts_as_deleted=True).values("key")
    return queries.visible_to(actor).exclude(status__in=gone)


def rows(tickets: QuerySet[Ticket]) -> list[Row]:
    """The rows behind ticket objects, in the order of the queryset. One statement."""
    message = Comment.objects.filter(pk=OuterRef("latest_message")).values("text")[:1]
    shown = tickets.annotate(content=Coalesce(Subquery(message), F("description")))
    return [Row(*values) for values in shown.values_list(*COLUMNS)]


def row(actor: Actor, ticket_id: int) -> Row:
    """The row of one visible ticket, or Missing."""
    found = rows(visible(actor).filter(pk=ticket_id)) if 0 < ticket_id < 2**63 else []
    if not found:
        raise Missing
    return found[0]


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
        people, teams, suppliers = (
            people - self.people.keys(),
            teams - self.teams.keys(),
            suppliers - self.suppliers.keys(),
        )
        statuses = statuses - STATUS_LABELS.keys() - self.statuses.keys()
        priorities = priorities - PRIORITY_LABELS.keys() - self.priorities.keys()
        parts: list[Any] = []
        if people:
            login = Coalesce(NullIf("login", Value("")), NullIf("email", Value("")), "name", output_field=CharField())
            parts.append(_part("person", Person.objects.filter(pk__in=people), name=login))
        if teams:
            parts.append(_part("team", Team.objects.filter(pk__in=teams), name=F("name")))
        if suppliers:
            parts.append(_part("supplier", Company.objects.filter(pk__in=suppliers), name=F("name")))
        if categories - self.categories.keys():
            nodes = Category.objects.filter(organization_id=self.organization_id)
            parts.append(_part("category", nodes, name=F("name"), parent=F("parent_id"), flag=F("in_crm_list")))
        if statuses:
            added = Status.objects.filter(organization_id=self.organization_id, key__in=statuses)
            parts.append(_part("status", added, name=F("name"), key=F("key")))
        if priorities:
            levels = Priority.objects.filter(organization_id=self.organization_id, key__in=priorities, is_active=True)
            parts.append(_part("priority", levels, name=F("name"), key=F("key")))
        if parts:
            self._take(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0])
        return self

    def _take(self, answers: Iterable[tuple[str, int, str, str, int | None, bool]]) -> None:
        for what, number, name, key, parent, flag in answers:
            match what:
                case "person":
                    self.people[number] = name
                case "team":
                    self.teams[number] = name
                case "supplier":
                    self.suppliers[number] = name
                case "category":
                    self.categories[number] = Node(parent or 0, name, flag)
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


def _part(what: str, rows: QuerySet[Any], **texts: Any) -> Any:
    columns = {
        "name": Value("", output_field=CharField()),
        "key": Value("", output_field=CharField()),
        "parent": Value(0, output_field=BigIntegerField()),
        "flag": Value(False, output_field=BooleanField()),
    } | texts
    return rows.order_by().values_list(Value(what, output_field=CharField()), "pk", *columns.values())


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
            "ticketFollowupDate": row.follow_up_on.isoformat() if row.follow_up_on else None,
            "ticketActionRequiredDate": row.action_due_on.isoformat() if row.action_due_on else None,
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
