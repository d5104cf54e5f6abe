"""The fields of a comment, who may write them (CE-109), and the engine's words for them."""

from __future__ import annotations

from typing import Any

from polydesk.tickets.models import Comment

from . import codes
from .shapes import Field

BASIC = frozenset({"basic", "triage"})
SOLVING = frozenset({"solution", "triage"})
TRIAGE = frozenset({"triage"})

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("id", "Integer", "ID", "Comment ID Number", read_only=True),
        Field("parent", "Relationship", "Parent Comment", "Parent ID for creating discussion threads", read_only=True),
        Field("ticket", "Relationship", "Ticket", "Ticket this comment belongs to", read_only=True),
        Field("external_ref", "Integer", "Reference Number", "External System reference", read_only=True),
        Field("external_system", "Choice", "External System", "External system this item derives", read_only=True,
              choices={n: label for n, (label, _) in codes.EXTERNAL_SYSTEMS.items()}),
        Field("comment_type", "Choice", "Type", "The type of comment this is", required=True, null=False, initial=2,
              choices={n: label for n, label in codes.COMMENT_TYPES.items() if n != 1}, writers=BASIC),
        Field("body", "Markdown", "Comment", "Comment contents", core="text", required=True, null=False, writers=BASIC),
        Field("private", "Boolean", "Private", "Is this comment private", core="internal", null=False, initial=False,
              writers=TRIAGE),
        Field("duration", "Integer", "Duration", "Time spent in seconds", read_only=True),
        Field("category", "Relationship", "Category", "Category of the comment", core="category",
              to="comment_category", writers=SOLVING),
        Field("template", "Relationship", "Template", "Comment Template to use", core="template", to="comment",
              writers=SOLVING),
        Field("is_template", "Boolean", "Template", "Is this comment a template", core="is_template", null=False,
              initial=False, writers=TRIAGE),
        Field("source", "Choice", "Source", "Origin type for this comment", core="source", null=False, initial=1,
              choices=codes.COMMENT_SOURCES, writers=TRIAGE),
        Field("status", "Choice", "Status", "Status of comment", core="task_status", null=False, initial=1,
              choices=codes.COMMENT_STATUSES, writers=TRIAGE),
        Field("responsible_user", "Relationship", "Responsible User", "User whom is responsible for the completion of "
              "comment", core="responsible_person", to="user", writers=TRIAGE),
        Field("responsible_team", "Relationship", "Responsible Team", "Team whom is responsible for the completion of "
              "comment", core="responsible_team", to="team", writers=TRIAGE),
        Field("user", "Relationship", "User", "Who made the comment", to="user", read_only=True),
        Field("planned_start_date", "DateTime", "Planned Start Date", "Planned start date.", core="planned_start",
              writers=TRIAGE),
        Field("planned_finish_date", "DateTime", "Planned Finish Date", "Planned finish date", core="planned_finish",
              writers=TRIAGE),
        Field("real_start_date", "DateTime", "Real Start Date", "Real start date", core="real_start", writers=TRIAGE),
        Field("real_finish_date", "DateTime", "Real Finish Date", "Real finish date", core="real_finish",
              writers=TRIAGE),
        Field("organization", "Relationship", "Organization", "Organization this belongs to", to="organization",
              read_only=True),
        Field("date_closed", "DateTime", "Closed Date", "Date ticket closed", read_only=True),
        Field("created", "DateTime", "Created", "Date and time of creation", read_only=True),
        Field("modified", "DateTime", "Modified", "Date and time of last modification", read_only=True),
        Field("_urls", "GenericField", " Urls", read_only=True),
    )
}  # fmt: skip

# A task's people, state and dates; on other types they are ignored.
OF_TASK = (
    "status",
    "responsible_user",
    "responsible_team",
    "planned_start_date",
    "planned_finish_date",
    "real_start_date",
    "real_finish_date",
)


def writable(name: str, type_: str, *, triage: bool) -> bool:
    """May the caller set this field on a comment of this type?"""
    role = "triage" if triage else "solution" if type_ == "solution" else "basic"
    if name in OF_TASK and type_ != "task":
        return False
    return role in FIELDS[name].writers or (role == "solution" and "basic" in FIELDS[name].writers)


def to_core(name: str, value: Any) -> Any:
    """The engine's value."""
    if name == "source":
        return codes.SOURCE_KEYS[value]
    if name == "status":
        return codes.COMMENT_STATUS_KEYS[value]
    return value


def stored(comment: Comment, name: str) -> Any:
    """What stands there now, in the engine's words."""
    core = FIELDS[name].core
    return getattr(comment, f"{core}_id") if FIELDS[name].type == "Relationship" else getattr(comment, core)
