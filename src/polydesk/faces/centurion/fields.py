"""The translation table of tickets, both ways: Centurion's fields, who may write them, and the engine's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from polydesk.tickets.models import Ticket

from . import codes
from .shapes import Field

# Who may write a field (section 4.4): the caller's strongest set decides (CE-082).
ALL = frozenset({"add", "change", "triage", "import", "superuser"})
TRIAGE = frozenset({"triage", "import", "superuser"})
IMPORT = frozenset({"import", "superuser"})
NEVER: frozenset[str] = frozenset()

_BADGE = "Badge"
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("id", "Integer", "Id", "Ticket ID Number", read_only=True),
        Field("assigned_teams", "Relationship", "Assigned Team(s)", "Assign the ticket to a Team(s)",
              core="assigned_teams", to="team", many=True, writers=TRIAGE),
        Field("assigned_users", "Relationship", "Assigned User(s)", "Assign the ticket to a User(s)",
              core="assigned_people", to="user", many=True, writers=TRIAGE),
        Field("category", "Relationship", "Category", "Category for this ticket",
              core="category", to="category", writers=TRIAGE),
        Field("created", "DateTime", "Created", "Date and time of creation", core="created_at", null=False,
              writers=IMPORT),
        Field("modified", "DateTime", "Modified", "Date and time of last modification", read_only=True),
        Field("status", "Choice", "Status", "Status of ticket", core="status", null=False, initial=2, writers=TRIAGE),
        Field("status_badge", _BADGE, "Status", read_only=True),
        Field("title", "String", "Title", "Title of the Ticket", core="title", required=True, null=False,
              max_length=100, writers=ALL),
        Field("description", "Markdown", "Description", "Ticket Description", core="description", required=True,
              null=False, writers=ALL),
        Field("estimate", "Integer", "Estimation", "Time Eastimated to complete this ticket in seconds",
              core="estimate", null=False, low=0, initial=0, writers=TRIAGE),
        Field("duration", "Integer", "Duration", "Total time spent in seconds", read_only=True),
        Field("urgency", "Choice", "Urgency", "How urgent is this tickets resolution for the user?",
              core="urgency", choices=codes.SCALE, initial=1, writers=ALL),
        Field("urgency_badge", _BADGE, "Urgency", read_only=True),
        Field("impact", "Choice", "Impact", "End user assessed impact",
              core="impact", choices=codes.SCALE, initial=1, writers=TRIAGE),
        Field("impact_badge", _BADGE, "Impact", read_only=True),
        Field("priority", "Choice", "Priority", "What priority should this ticket for its completion",
              core="priority", choices=codes.PRIORITY, initial=1, writers=TRIAGE),
        Field("priority_badge", _BADGE, "Priority", read_only=True),
        Field("external_ref", "Integer", "Reference Number", "External System reference",
              core="external_ref", low=-(2**63), writers=IMPORT),
        Field("external_system", "Choice", "External System", "External system this item derives",
              core="external_system", writers=IMPORT,
              choices={n: label for n, (label, _) in codes.EXTERNAL_SYSTEMS.items()}),
        Field("ticket_type", "Choice", "Type", "The type of ticket this is", read_only=True,
              choices={n: label for n, (label, _) in codes.TYPES.items()}),
        Field("is_deleted", "Boolean", "Deleted", "Is the ticket deleted? And ready to be purged", null=False,
              initial=False, writers=IMPORT),
        Field("date_closed", "DateTime", "Closed Date", "Date ticket closed", core="closed_at", writers=IMPORT),
        Field("opened_by", "Relationship", "Opened By", "Who is the ticket for",
              core="requester", to="user", null=False, writers=TRIAGE),
        Field("organization", "Relationship", "Organization", "Organization this belongs to", to="organization",
              required=True, null=False, writers=ALL),
        Field("project", "Relationship", "Project", "Assign to a project", core="project", to="project",
              writers=TRIAGE),
        Field("milestone", "Relationship", "Project Milestone", "Assign to a milestone",
              core="milestone", to="milestone", writers=TRIAGE),
        Field("parent_ticket", "Relationship", "Parent Ticket", "Parent of this ticket", core="parent", to="ticket",
              writers=ALL),
        Field("planned_start_date", "DateTime", "Planned Start Date", "Planned start date.", core="planned_start",
              writers=TRIAGE),
        Field("planned_finish_date", "DateTime", "Planned Finish Date", "Planned finish date", core="planned_finish",
              writers=TRIAGE),
        Field("real_start_date", "DateTime", "Real Start Date", "Real start date", core="real_start", writers=TRIAGE),
        Field("real_finish_date", "DateTime", "Real Finish Date", "Real finish date", core="real_finish",
              writers=TRIAGE),
        Field("subscribed_teams", "Relationship", "Subscribed Team(s)",
              "Subscribe a Team(s) to the ticket to receive updates", core="watching_teams", to="team", many=True,
              writers=TRIAGE),
        Field("subscribed_users", "Relationship", "Subscribed User(s)",
              "Subscribe a User(s) to the ticket to receive updates", core="watchers", to="user", many=True,
              writers=TRIAGE),
        Field("_urls", "GenericField", " Urls", read_only=True),
    )
}  # fmt: skip
"""In the order of answers. Verbose names and help texts are those of the seed, its spelling included."""

TABLE_FIELDS = [
    "id",
    "title",
    "status_badge",
    "priority_badge",
    "impact_badge",
    "urgency_badge",
    "opened_by",
    "organization",
    "created",
]
"""CE-262, the seed's `table_fields`."""

TECH_FIELDS = (
    "category",
    "project",
    "milestone",
    "assigned_users",
    "assigned_teams",
    "subscribed_teams",
    "subscribed_users",
    "status",
    "urgency",
    "impact",
    "priority",
    "planned_start_date",
    "planned_finish_date",
)
"""CE-055, the seed's `tech_fields`."""

COMMON = (
    "organization",
    "title",
    "description",
    "opened_by",
    "ticket_type",
    "assigned_users",
    "assigned_teams",
    "estimate",
)
# The seed prints `categoryurgency`: a comma is missing (CE-050).
ITSM = (
    *COMMON,
    "status",
    "category",
    "urgency",
    "project",
    "milestone",
    "priority",
    "impact",
    "subscribed_teams",
    "subscribed_users",
)
TASK = (
    *COMMON,
    "category",
    "milestone",
    "status",
    "urgency",
    "priority",
    "impact",
    "subscribed_teams",
    "subscribed_users",
    "planned_start_date",
    "planned_finish_date",
    "real_start_date",
    "real_finish_date",
)
_OF_KIND = {"issue": COMMON, "merge_request": COMMON, "project_task": TASK}
# Anybody's whatever the kind: parents have no rule of type, import and deletion have rights of their own.
_EVERYWHERE = {
    "parent_ticket",
    "external_ref",
    "external_system",
    "created",
    "date_closed",
    "is_deleted",
}
IMPORTED = ("opened_by", "external_ref", "external_system", "created", "date_closed")
"""Sending any of these by a holder of import means an import (CE-140)."""


def belongs(name: str, kind: str) -> bool:
    """Does the field belong to tickets of this kind (section 2.2)? Tech fields belong to those who may write them."""
    of_kind = _OF_KIND.get(kind, ITSM)
    return name in _EVERYWHERE or name in of_kind or (name in TECH_FIELDS and of_kind is ITSM)


def choices(field: Field, kind: str) -> Mapping[int, str] | None:
    """What a person may select (CE-061)."""
    if field.name == "status":
        return {number: codes.status_label(number) for number in codes.STATUS_CHOICES[kind]}
    return field.choices


# What the face shows of a ticket for each field it may write: plain numbers, texts and moments.
SHOWN: dict[str, Callable[[Ticket], Any]] = {
    "assigned_teams": lambda t: t.assigned_teams,
    "assigned_users": lambda t: codes.assigned_people(t.assignee_id, t.assigned_people),
    "category": lambda t: t.category_id,
    "created": lambda t: t.created_at,
    "status": lambda t: codes.status_number(t.status, t.phase),
    "title": lambda t: t.title,
    "description": lambda t: t.description,
    "estimate": lambda t: t.estimate or 0,
    "urgency": lambda t: t.urgency,
    "impact": lambda t: t.impact,
    "priority": lambda t: t.priority_level,
    "external_ref": lambda t: codes.external_pair(t)[1],
    "external_system": lambda t: codes.external_pair(t)[0],
    "is_deleted": lambda t: t.deleted_at is not None,
    "date_closed": lambda t: t.closed_at,
    "organization": lambda t: t.organization_id,
    "project": lambda t: t.project_id,
    "milestone": lambda t: t.milestone_id,
    "parent_ticket": lambda t: t.parent_id,
    "planned_start_date": lambda t: t.planned_start,
    "planned_finish_date": lambda t: t.planned_finish,
    "real_start_date": lambda t: t.real_start,
    "real_finish_date": lambda t: t.real_finish,
    "subscribed_teams": lambda t: t.watching_teams,
    "subscribed_users": lambda t: t.watchers,
}


def to_core(changes: dict[str, Any], ticket: Ticket | None) -> dict[str, Any]:
    """Decoded values of this face in the engine's words. Without a ticket: for one about to be made."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        core = FIELDS[name].core
        if name == "assigned_users":
            values |= assignment(value, ticket)
        elif name == "status":
            values[core] = codes.STATUS[value][1]
        elif name == "priority":
            values[core] = codes.PRIORITY_KEY[value] if value is not None else None
        elif name == "external_system":
            values[core] = codes.EXTERNAL_SYSTEMS[value][1] if value is not None else None
        elif name == "external_ref":
            values[core] = str(value) if value is not None else None
        elif name == "description":
            values |= {"description": value, "description_format": "markdown"}
        elif core:
            values[core] = value
    return values


def assignment(wanted: list[int], ticket: Ticket | None) -> dict[str, Any]:
    """One set of people in the engine's two fields (RC-141, RC-353): the assignee stays while wanted; the first of the
    set takes the place when nobody was assigned or the assignee left; the other new ones are appended."""
    assignee, others = (ticket.assignee_id, list(ticket.assigned_people)) if ticket else (None, [])
    kept = [person for person in others if person in wanted]
    was_anybody = assignee is not None or bool(others)
    if assignee not in wanted:
        promoted = assignee is not None or not was_anybody
        assignee = wanted[0] if wanted and promoted else None
    new = [person for person in wanted if person not in kept and person != assignee]
    return {"assignee": assignee, "assigned_people": kept + new}


FACE_WORD = {
    "parent": "parent_ticket",
    "requester": "opened_by",
    "watchers": "subscribed_users",
    "watching_teams": "subscribed_teams",
    "assignee": "assigned_users",
    "assigned_people": "assigned_users",
    "planned_start": "planned_start_date",
    "planned_finish": "planned_finish_date",
    "real_start": "real_start_date",
    "real_finish": "real_finish_date",
    "created_at": "created",
    "closed_at": "date_closed",
    "text": "body",
    "reply_to": "parent",
    "items": "item",
} | {
    name: name
    for name in (
        "title",
        "description",
        "status",
        "category",
        "urgency",
        "impact",
        "priority",
        "project",
        "milestone",
        "estimate",
        "assigned_teams",
        "external_ref",
        "external_system",
    )
}
"""The engine's field in Centurion's word; one without stands under `non_field_errors` (RC-010)."""
