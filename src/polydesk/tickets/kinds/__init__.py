"""The eight kinds of tickets, and the statuses and priorities of one organization.

Built-in rows are declared here; rows that an administrator added are read from the database, only when a key is
not a built-in one (no query on the usual path)."""

from __future__ import annotations

from polydesk.tickets.models import Priority as PriorityRow
from polydesk.tickets.models import Status as StatusRow

from .base import CLOSED_PHASES, OPEN_PHASES, Kind, Phase, PriorityLevel, Status
from .itsm import ALERT, CHANGE, INCIDENT, PROBLEM, REQUEST
from .statuses import CHANNELS, COMMON, NEAREST, PRIORITIES, RATING_SCALES, SCALE, STATUSES, WAITING
from .work import ISSUE, MERGE_REQUEST, PROJECT_TASK

KINDS: dict[str, Kind] = {
    kind.key: kind for kind in (REQUEST, INCIDENT, PROBLEM, CHANGE, ISSUE, MERGE_REQUEST, PROJECT_TASK, ALERT)
}


def status(organization_id: int, key: str) -> Status | None:
    """The status with this key, built in or added by the organization; None when there is none."""
    if key in STATUSES:
        return STATUSES[key]
    row = StatusRow.objects.filter(organization_id=organization_id, key=key).first()
    return Status(row.key, row.name, row.phase) if row else None  # type: ignore[arg-type]


def priority(organization_id: int, key: str) -> PriorityLevel | None:
    """The priority with this key, built in or added by the organization; None when there is none."""
    if key in PRIORITIES:
        return PRIORITIES[key]
    row = PriorityRow.objects.filter(organization_id=organization_id, key=key).first()
    return PriorityLevel(row.key, row.name, row.level) if row else None


def status_allowed(organization_id: int, kind: str, key: str) -> bool:
    """May a ticket of this kind stand on this status (RC-121)? A row added by an administrator lists its kinds."""
    if key in STATUSES:
        return KINDS[kind].allows(key)
    row = StatusRow.objects.filter(organization_id=organization_id, key=key).first()
    return row is not None and (not row.kinds or kind in row.kinds)


def statuses(organization_id: int) -> list[Status]:
    """All statuses of an organization in order, its own names in place of the built-in ones. One query."""
    rows = {
        row.key: row for row in StatusRow.objects.filter(organization_id=organization_id).order_by("position", "id")
    }
    named = [
        Status(s.key, rows[s.key].name if s.key in rows else s.label, s.phase, s.common) for s in STATUSES.values()
    ]
    added = [Status(r.key, r.name, r.phase) for r in rows.values() if r.key not in STATUSES]  # type: ignore[arg-type]
    return named + added


def priorities(organization_id: int) -> list[PriorityLevel]:
    """All priorities of an organization, lowest level first. One query."""
    rows = {row.key: row for row in PriorityRow.objects.filter(organization_id=organization_id)}
    named = [PriorityLevel(p.key, rows[p.key].name if p.key in rows else p.label, p.level) for p in PRIORITIES.values()]
    added = [PriorityLevel(r.key, r.name, r.level) for r in rows.values() if r.key not in PRIORITIES]
    return sorted(named + added, key=lambda p: p.level)


__all__ = [
    "CHANNELS",
    "CLOSED_PHASES",
    "COMMON",
    "KINDS",
    "NEAREST",
    "OPEN_PHASES",
    "PRIORITIES",
    "RATING_SCALES",
    "SCALE",
    "STATUSES",
    "WAITING",
    "Kind",
    "Phase",
    "PriorityLevel",
    "Status",
    "priorities",
    "priority",
    "status",
    "status_allowed",
    "statuses",
]
