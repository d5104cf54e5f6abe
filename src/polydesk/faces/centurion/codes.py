"""Centurion's numbers and labels beside the engine's keys, both ways and total (RC sections 3 and 4).

What a client may choose is narrower than what is shown: `STATUS_CHOICES` lists it per kind (centurion.md section 3)."""

from __future__ import annotations

from typing import Any

from polydesk.tickets import kinds
from polydesk.tickets.kinds import STATUSES

# Types (CE-001, RC-150): number -> label, engine's kind, word in permission codes and category flags.
TYPES = {
    1: ("Request", "request"),
    2: ("Incident", "incident"),
    3: ("Change", "change"),
    4: ("Problem", "problem"),
    5: ("Issue", "issue"),
    6: ("Merge Request", "merge_request"),
    7: ("Project Task", "project_task"),
}
TYPE_OF_KIND = {kind: number for number, (_, kind) in TYPES.items()} | {"alert": 2}
ROUTED = ("request", "incident", "problem", "change", "project_task")
"""The kinds with a route of their own; alerts stand among incidents."""
DESCRIPTIONS = {
    "request": "Service Request Tickets",
    "incident": "Incident Tickets",
    "problem": "Problem Tickets",
    "change": "Change Tickets",
    "project_task": "Project Task Tickets",
}

# Statuses (section 3, RC-124 … RC-139): number -> label and the engine's key that writing it sets.
STATUS = {
    1: ("Draft", "draft"),
    2: ("New", "new"),
    3: ("Assigned", "assigned"),
    4: ("Closed", "closed"),
    5: ("Invalid", "invalid"),
    6: ("Assigned (Planning)", "planned"),
    7: ("Pending", "on_hold"),
    8: ("Solved", "solved"),
    9: ("Under Observation", "under_observation"),
    10: ("Accepted", "accepted"),
    11: ("Evaluation", "evaluation"),
    12: ("Approvals", "approvals"),
    13: ("Testing", "testing"),
    14: ("Qualification", "qualification"),
    15: ("Applied", "applied"),
    16: ("Review", "review"),
    17: ("Cancelled", "cancelled"),
    18: ("Refused", "refused"),
}
# Keys that Centurion cannot tell apart are shown by the nearest number.
_SHOWN = {key: number for number, (_, key) in STATUS.items()} | {
    "open": 3,
    "in_progress": 3,
    "scheduled": 3,
    "escalated": 3,
    "waiting_customer": 7,
    "waiting_supplier": 7,
    "waiting_materials": 7,
}
PHASES = {"new": 2, "open": 3, "waiting": 7, "solved": 8, "closed": 4, "dropped": 5}
"""A row that an administrator added shows as the nearest of its phase."""

_SERVICE = (1, 2, 3, 6, 7, 8, 4, 5)
_GIT = (1, 2, 3, 6, 4, 5)
STATUS_CHOICES = {
    "request": _SERVICE,
    "incident": _SERVICE,
    "alert": _SERVICE,
    "problem": (1, 2, 10, 3, 6, 7, 8, 9, 4, 5),
    "change": (1, 2, 11, 12, 10, 7, 13, 14, 15, 16, 4, 17, 18),
    "issue": _GIT,
    "merge_request": _GIT,
    "project_task": _SERVICE,
}

# Five steps for urgency and impact, six for priority (CE-005, CE-006, RC-155, RC-157).
SCALE = {1: "Very Low", 2: "Low", 3: "Medium", 4: "High", 5: "Very High"}
PRIORITY = {**SCALE, 6: "Major"}
PRIORITY_KEY = {row.level: key for key, row in kinds.PRIORITIES.items()}

# External systems (CE-007): number -> label and the engine's key.
EXTERNAL_SYSTEMS = {1: ("Github", "github"), 2: ("Gitlab", "gitlab")} | {
    10_000 - n: (f"Custom #{n} (Imported)", f"custom_{n}") for n in range(1, 10)
}
_SYSTEM_NUMBER = {key: number for number, (_, key) in EXTERNAL_SYSTEMS.items()}

# Comments (CE-100, CE-101, RC-170 … RC-176).
COMMENT_TYPES = {1: "Action", 2: "Comment", 3: "Task", 4: "Notification", 5: "Solution"}
COMMENT_KEYS = {2: "comment", 3: "task", 4: "notification", 5: "solution"}
COMMENT_NUMBER = {key: number for number, key in COMMENT_KEYS.items()} | {"automation": 2}
COMMENT_SOURCES = {1: "Direct", 2: "E-Mail", 3: "Helpdesk", 4: "Phone"}
SOURCE_KEYS = {1: "direct", 2: "email", 3: "helpdesk", 4: "phone"}
SOURCE_NUMBER = {key: number for number, key in SOURCE_KEYS.items()}
COMMENT_STATUSES = {1: "To Do", 2: "Done"}
COMMENT_STATUS_KEYS = {1: "todo", 2: "done"}
COMMENT_STATUS_NUMBER = {key: number for number, key in COMMENT_STATUS_KEYS.items()}

# Relations (CE-160): the engine's others show as related (RC-056).
RELATIONS = {1: ("Related", "related"), 2: ("Blocks", "blocks"), 3: ("Blocked By", "blocked_by")}
RELATION_NUMBER = {key: number for number, (_, key) in RELATIONS.items()}

# Items (CE-170): number -> label, kind as in `$kind-id`, and the address of such an item.
ITEM_TYPES = {
    1: ("Cluster", "cluster", "itim/cluster"),
    2: ("Config Group", "config_group", "config_management/group"),
    3: ("Device", "device", "itam/device"),
    4: ("Operating System", "operating_system", "itam/operating_system"),
    5: ("Service", "service", "itim/service"),
    6: ("Software", "software", "itam/software"),
    7: ("Knowledge Base", "kb", "assistance/knowledge_base"),
    8: ("Organization", "organization", "access/organization"),
    9: ("Team", "team", "access/organization/{organization}/team"),
    10: ("Feature Flag", "feature_flag", "devops/feature_flag"),
}
ITEM_NUMBER = {kind: number for number, (_, kind, _) in ITEM_TYPES.items()}


def status_number(key: str, phase: str = "") -> int:
    """The number under which a status is shown, whatever the kind (RC-123)."""
    if key in _SHOWN:
        return _SHOWN[key]
    return PHASES[phase or "new"]


def status_label(number: int) -> str:
    """`Assigned (Planning)` for 6 (D2)."""
    return STATUS[number][0]


def statuses_shown_as(number: int) -> tuple[list[str], list[str]]:
    """What a filter for this number means: built-in keys, and the phases whose added rows show as it (RC-111)."""
    keys = [key for key in STATUSES if _SHOWN[key] == number]
    return keys, [phase for phase, shown in PHASES.items() if shown == number]


def external_pair(ticket: Any) -> tuple[int | None, int | None]:
    """System and reference, or two nulls when Centurion cannot say one of them (RC-065)."""
    system, ref = ticket.external_system, ticket.external_ref
    if system is not None and system not in _SYSTEM_NUMBER:
        return None, None
    if ref is not None and not _is_integer(ref):
        return None, None
    return _SYSTEM_NUMBER.get(system or ""), int(ref) if ref is not None else None


def external_systems_known() -> list[str]:
    """Keys that have a number here."""
    return list(_SYSTEM_NUMBER)


def external_system_number(key: str | None) -> int | None:
    """The number of a system, None for one that Centurion does not know."""
    return _SYSTEM_NUMBER.get(key or "")


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 18


def assigned_people(assignee: int | None, others: list[int]) -> list[int]:
    """The assignee first, then the others, each once (RC-046)."""
    return list(dict.fromkeys(([assignee] if assignee else []) + list(others)))
