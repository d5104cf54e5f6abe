"""What only this face demands (RC-240, SE-054, SE-123, SE-124, SE-131)."""

from __future__ import annotations

from polydesk.tickets.edits import Edit
from polydesk.tickets.kinds import CLOSED_PHASES
from polydesk.tickets.rules import refuses

NEEDS_A_PROJECT = "The access level project_users needs a project."


@refuses()
def ticket_is_not_closed(edit: Edit) -> str | None:
    """A closed ticket takes no comment and is not closed again."""
    return "The ticket is closed." if edit.was("phase") in CLOSED_PHASES else None


@refuses()
def ticket_is_closed(edit: Edit) -> str | None:
    """Only a closed ticket is reopened; a resolved one is open here."""
    return None if edit.was("phase") in CLOSED_PHASES else "The ticket is not closed."


@refuses("access_projects")
def project_users_needs_a_project(edit: Edit) -> str | None:
    """Asked about the result, when the request changes one of the two (RC-004)."""
    changed = edit.changes("access", "access_projects")
    if changed and edit.get("access") == "project_users" and not edit.get("access_projects"):
        return NEEDS_A_PROJECT
    return None
