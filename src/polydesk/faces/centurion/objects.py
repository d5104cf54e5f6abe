"""Tickets as this face shows them: every field of section 2.1, badges and addresses (CE-230 … CE-242)."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from polydesk.directory import founding
from polydesk.directory.models import Organization
from polydesk.tickets.models import Ticket

from . import codes
from .names import Names, route, type_flag
from .statements import Shown


def collect(names: Names, tickets: Iterable[Ticket | Shown]) -> None:
    """Say which objects these tickets refer to, so that they are read together."""
    for t in tickets:
        names.want("organization", t.organization_id)
        names.want("user", opener(t), *codes.assigned_people(t.assignee_id, t.assigned_people), *t.watchers)
        names.want("team", *t.assigned_teams, *t.watching_teams)
        names.want("category", t.category_id)
        names.want("project", t.project_id)
        names.want("milestone", t.milestone_id)
        names.want("ticket", t.parent_id)


def opener(t: Ticket | Shown) -> int | None:
    """Who the ticket is for; without a requester whoever made it (RC-026)."""
    return t.requester_id or t.creator_id


def tickets(found: Sequence[Ticket | Shown], names: Names, zone: zoneinfo.ZoneInfo | None) -> list[dict[str, Any]]:
    """Several tickets; one statement for all that they refer to."""
    collect(names, found)
    names.want("user", *(service_user(names, t.organization_id) for t in found if opener(t) is None))
    names.load()
    return [ticket(t, names, zone) for t in found]


def ticket(t: Ticket | Shown, names: Names, zone: zoneinfo.ZoneInfo | None) -> dict[str, Any]:
    """One ticket in full."""
    status = codes.status_number(t.status, t.phase)
    system, ref = codes.external_pair(t)
    return {
        "id": t.pk,
        "assigned_teams": names.shown("team", t.assigned_teams),
        "assigned_users": names.shown("user", codes.assigned_people(t.assignee_id, t.assigned_people)),
        "category": names.show("category", t.category_id),
        "created": moment(t.created_at, zone),
        "modified": moment(t.edited_at, zone),
        "status": status,
        "status_badge": status_badge(status),
        "title": t.title,
        "description": t.description,
        "estimate": t.estimate or 0,
        "duration": t.time_spent,
        "urgency": t.urgency,
        "urgency_badge": badge(codes.SCALE.get(t.urgency or 0)),
        "impact": t.impact,
        "impact_badge": badge(codes.SCALE.get(t.impact or 0)),
        "priority": t.priority_level,
        "priority_badge": badge(codes.PRIORITY.get(t.priority_level or 0)),
        "external_ref": ref,
        "external_system": system,
        "ticket_type": codes.TYPE_OF_KIND[t.kind],
        "is_deleted": t.deleted_at is not None,
        "date_closed": moment(t.closed_at, zone),
        "opened_by": names.show("user", opener(t) or service_user(names, t.organization_id)),
        "organization": names.show("organization", t.organization_id),
        "project": names.show("project", t.project_id),
        "milestone": names.show("milestone", t.milestone_id),
        "parent_ticket": names.show("ticket", t.parent_id),
        "planned_start_date": moment(t.planned_start, zone),
        "planned_finish_date": moment(t.planned_finish, zone),
        "real_start_date": moment(t.real_start, zone),
        "real_finish_date": moment(t.real_finish, zone),
        "subscribed_teams": names.shown("team", t.watching_teams),
        "subscribed_users": names.shown("user", t.watchers),
        "_urls": urls(t, names),
    }


def service_user(names: Names, organization_id: int) -> int:
    """Who stands for the desk itself on a ticket that no person made (RC-026); asked for once per answer."""
    if organization_id not in names.desks:
        organization = Organization.objects.get(pk=organization_id)
        names.desks[organization_id] = founding.service_user(organization).pk
    return names.desks[organization_id]


def urls(t: Ticket | Shown, names: Names) -> dict[str, Any]:
    """CE-236; neither notes nor history (CE-040)."""
    where = route(t.kind, t.project_id)
    found = {
        "_self": names.url(f"{where}/{t.pk}") if where else None,
        "comments": names.url(f"core/ticket/{t.pk}/comments"),
        "linked_items": names.url(f"core/ticket/{t.pk}/linked_item"),
        "related_tickets": names.url(f"core/ticket/{t.pk}/related_ticket"),
    }
    if t.project_id:
        found["project"] = names.url(f"project_management/project/{t.project_id}")
    if t.category_id:
        found["ticketcategory"] = names.url(f"settings/ticket_category/{t.category_id}?{type_flag(t.kind)}=true")
    return found


@lru_cache(maxsize=64)
def status_badge(number: int) -> dict[str, Any]:
    """CE-241."""
    label = codes.status_label(number)
    word = label.lower().replace("(", "").replace(")", "").replace(" ", "_")
    return {
        "icon": {"name": f"ticket_status_{word}", "style": f"ticket-status-icon ticket-status-icon-{word}"},
        "text": label,
        "text_style": f"ticket-status-text badge-text-ticket_status-{word}",
        "url": None,
    }


@lru_cache(maxsize=64)
def badge(label: str | None) -> dict[str, Any]:
    """The badge of an urgency, impact or priority; `-` for null."""
    shown = label or "-"
    return {
        "icon": {"name": "circle", "style": f"status {shown.lower().replace(' ', '-')}"},
        "text": shown,
        "text_style": "",
        "url": None,
    }


def moment(value: dt.datetime | None, zone: zoneinfo.ZoneInfo | None) -> str | None:
    """ISO 8601 in UTC with Z, or with the offset of the caller's own time zone (CE-242)."""
    if value is None:
        return None
    if zone is None:
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.astimezone(zone).isoformat()
