"""Rules about who works on a ticket (RC-044 … RC-047, RC-140 … RC-143)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polydesk.directory.models import PersonJobRole
from polydesk.web.sentences import say

from .base import completes, refuses

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit

WHO_WORKS = ("assignee", "assigned_people", "assigned_teams")


@completes
def role_follows_the_assignee(edit: Edit) -> None:
    """A new assignee brings the default role, or none, unless the request names one (RC-045)."""
    if not edit.changes("assignee") or "assignee_role" in edit.given:
        return
    assignee = edit.get("assignee")
    role = edit.batch.rows.once(("default_role", assignee), lambda: _default_role(assignee)) if assignee else None
    edit.set("assignee_role", role)


def _default_role(person_id: int) -> int | None:
    held = PersonJobRole.objects.filter(person_id=person_id, is_default=True, is_active=True, role__is_active=True)
    return held.values_list("role_id", flat=True).first()


@completes
def status_follows_assignment(edit: Edit) -> None:
    """New ↔ Assigned with the first and last person or team; faces opt in by `also=` (RC-140, RC-354)."""
    if not edit.changes(*WHO_WORKS):
        return
    if edit.get("status") == "new" and is_assigned(edit):
        edit.set("status", "assigned")
    elif edit.get("status") == "assigned" and was_assigned(edit) and not is_assigned(edit):
        edit.set("status", "new")


def is_assigned(edit: Edit) -> bool:
    """Will anybody be on it?"""
    return any(edit.get(name) for name in WHO_WORKS)


def was_assigned(edit: Edit) -> bool:
    """Was anybody on it?"""
    return any(edit.was(name) for name in WHO_WORKS)


@refuses("assignee")
def assignee_is_a_person_of_the_desk(edit: Edit) -> str | None:
    """A contact cannot be assignee: an assignee has a login or a membership here (RC-044, RC-241)."""
    person = edit.row("assignee") if "assignee" in edit.asked else None
    if person is None or person.login or getattr(person, "side", None):
        return None
    return say("A contact cannot be the assignee.")


RULES = (role_follows_the_assignee, assignee_is_a_person_of_the_desk)
