"""The eight kinds of tickets, and the statuses and priorities of one organization.

Built-in rows are declared here; rows that an administrator added are read from the database, only when a key is
not a built-in one (no query on the usual path)."""

from __future__ import annotations

from polydesk.tickets.models import Priority as PriorityRow
from polydesk.tickets.models import Status as StatusRow
from polydesk.web.statements import fetch_all

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


_OWN_STATUSES = "SELECT key, name, phase FROM tickets_status WHERE organization_id = %s ORDER BY position, id"
_OWN_PRIORITIES = "SELECT key, name, level FROM tickets_priority WHERE organization_id = %s"


def statuses(organization_id: int) -> list[Status]:
    """All statuses of an organization in order, its own names in place of the built-in ones. One query."""
    own = {key: (name, phase) for key, name, phase in fetch_all(_OWN_STATUSES, (organization_id,))}
    named = [Status(s.key, own[s.key][0] if s.key in own else s.label, s.phase, s.common) for s in STATUSES.values()]
    return named + [Status(key, *said) for key, said in own.items() if key not in STATUSES]


def priorities(organization_id: int) -> list[PriorityLevel]:
    """All priorities of an organization, lowest level first. One query."""
    own = {key: (name, level) for key, name, level in fetch_all(_OWN_PRIORITIES, (organization_id,))}
    named = [PriorityLevel(p.key, own[p.key][0] if p.key in own else p.label, p.level) for p in PRIORITIES.values()]
    added = [PriorityLevel(key, *said) for key, said in own.items() if key not in PRIORITIES]
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
