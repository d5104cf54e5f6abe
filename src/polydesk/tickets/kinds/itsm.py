"""The kinds of IT service management: request, incident, problem, change and alert."""

from __future__ import annotations

from .base import Kind
from .statuses import COMMON, WAITING

WORKED = ("assigned", "in_progress", *WAITING, "solved")
SERVICE = ("draft", "new", "assigned", "planned", "in_progress", *WAITING, "solved", "closed", "invalid")
CHANGE_STEPS = (
    "evaluation",
    "approvals",
    "accepted",
    "testing",
    "qualification",
    "applied",
    "review",
    "cancelled",
    "refused",
)
NO_REAL_DATES = frozenset({"real_start", "real_finish"})

REQUEST = Kind(
    key="request",
    label="Request",
    plural="Requests",
    allowed=COMMON | {"draft", "planned", "invalid"},
    offered=SERVICE,
    codes="request",
    unoffered_fields=NO_REAL_DATES,
)
INCIDENT = Kind(
    key="incident",
    label="Incident",
    plural="Incidents",
    allowed=COMMON | {"draft", "planned", "invalid"},
    offered=SERVICE,
    codes="incident",
    unoffered_fields=NO_REAL_DATES,
)
PROBLEM = Kind(
    key="problem",
    label="Problem",
    plural="Problems",
    allowed=COMMON | {"draft", "planned", "invalid", "accepted", "under_observation"},
    offered=(
        "draft",
        "new",
        "accepted",
        "assigned",
        "planned",
        "in_progress",
        *WAITING,
        "solved",
        "under_observation",
        "closed",
        "invalid",
    ),
    codes="problem",
    unoffered_fields=NO_REAL_DATES,
)
CHANGE = Kind(
    key="change",
    label="Change",
    plural="Changes",
    allowed=COMMON | {"draft", *CHANGE_STEPS},
    offered=("draft", "new", *CHANGE_STEPS[:7], *WORKED, "closed", "cancelled", "refused"),
    codes="change",
    unoffered_fields=NO_REAL_DATES,
)
ALERT = Kind(
    key="alert",
    label="Alert",
    plural="Alerts",
    allowed=INCIDENT.allowed,
    offered=SERVICE,
    codes="incident",
    unoffered_fields=NO_REAL_DATES,
)
