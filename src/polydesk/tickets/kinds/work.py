"""The kinds of project work: issue, merge request and project task."""

from __future__ import annotations

from .base import Kind
from .itsm import SERVICE, WORKED
from .statuses import COMMON

GIT_STATUSES = ("draft", "new", "planned", *WORKED, "closed", "invalid")
NO_ITSM_FIELDS = frozenset(
    {
        "category",
        "urgency",
        "milestone",
        "priority",
        "impact",
        "watchers",
        "watching_teams",
        "project",
        "planned_start",
        "planned_finish",
        "real_start",
        "real_finish",
    }
)

ISSUE = Kind(
    key="issue",
    label="Issue",
    plural="Issues",
    allowed=COMMON | {"draft", "planned", "invalid"},
    offered=GIT_STATUSES,
    codes="project_task",
    unoffered_fields=NO_ITSM_FIELDS,
)
MERGE_REQUEST = Kind(
    key="merge_request",
    label="Merge request",
    plural="Merge requests",
    allowed=COMMON | {"draft", "planned", "invalid"},
    offered=GIT_STATUSES,
    codes="project_task",
    unoffered_fields=NO_ITSM_FIELDS,
)
PROJECT_TASK = Kind(
    key="project_task",
    label="Project task",
    plural="Project tasks",
    allowed=COMMON | {"draft", "planned", "invalid"},
    offered=SERVICE,
    codes="project_task",
)
