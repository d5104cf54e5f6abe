"""The 25 built-in statuses (RC-124 … RC-139) and the six built-in priorities (RC-155)."""

from __future__ import annotations

from .base import PriorityLevel, Status

STATUSES: dict[str, Status] = {
    status.key: status
    for status in (
        Status("draft", "Draft", "new"),
        Status("new", "New", "new", common=True),
        Status("open", "Open", "open", common=True),
        Status("assigned", "Assigned", "open", common=True),
        Status("planned", "Planned", "open"),
        Status("in_progress", "In progress", "open", common=True),
        Status("scheduled", "Scheduled", "open", common=True),
        Status("escalated", "Escalated", "open", common=True),
        Status("accepted", "Accepted", "open"),
        Status("evaluation", "Evaluation", "open"),
        Status("approvals", "Approvals", "open"),
        Status("testing", "Testing", "open"),
        Status("qualification", "Qualification", "open"),
        Status("applied", "Applied", "open"),
        Status("review", "Review", "open"),
        Status("under_observation", "Under observation", "open"),
        Status("waiting_customer", "Waiting for customer", "waiting", common=True),
        Status("waiting_supplier", "Waiting for supplier", "waiting", common=True),
        Status("waiting_materials", "Waiting for materials", "waiting", common=True),
        Status("on_hold", "On hold", "waiting", common=True),
        Status("solved", "Solved", "solved", common=True),
        Status("closed", "Closed", "closed", common=True),
        Status("cancelled", "Cancelled", "dropped"),
        Status("refused", "Refused", "dropped"),
        Status("invalid", "Invalid", "dropped"),
    )
}

COMMON = frozenset(key for key, status in STATUSES.items() if status.common)
WAITING = ("waiting_customer", "waiting_supplier", "waiting_materials", "on_hold")

PRIORITIES: dict[str, PriorityLevel] = {
    row.key: row
    for row in (
        PriorityLevel("very_low", "Very low", 1),
        PriorityLevel("low", "Low", 2),
        PriorityLevel("normal", "Normal", 3),
        PriorityLevel("high", "High", 4),
        PriorityLevel("very_high", "Very high", 5),
        PriorityLevel("major", "Major", 6),
    )
}

# Urgency and impact, 1 to 5 (RC-157).
SCALE = {1: "Very low", 2: "Low", 3: "Medium", 4: "High", 5: "Very high"}

# A status that the new kind does not allow becomes the nearest of its phase (RC-151).
NEAREST = {
    "new": "new",
    "open": "in_progress",
    "waiting": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "dropped": "closed",
}

CHANNELS = {
    "other": "Other",
    "phone": "Phone",
    "email": "E-mail",
    "portal": "Portal",
    "agent": "Agent",
    "chat": "Chat",
    "api": "API",
    "monitoring": "Monitoring",
    "mailing": "Mailing",
    "import": "Import",
}

RATING_SCALES = {"five_points": (1, 5), "ten_points": (1, 10), "plus_minus": (-1, 1)}
