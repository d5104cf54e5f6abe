"""What this face allows whom in which state, asked under the row lock (ST-032, ST-033, ST-039, ST-047)."""

from __future__ import annotations

from polydesk.tickets.edits import Edit
from polydesk.tickets.rules.base import Rule, completes, refuses

NOT_NOW = "This is not possible in the ticket's present state."


def only_in(*phases: str) -> Rule:
    """The act is for tickets on these phases alone."""

    @refuses("state")
    def allowed_in_this_state(edit: Edit) -> str | None:
        return None if edit.is_new or edit.was("phase") in phases else NOT_NOW

    return allowed_in_this_state


@refuses("staff")
def taken_by_nobody_yet(edit: Edit) -> str | None:
    """Two members open a new ticket at once: one gets it (ST-040)."""
    free = edit.was("phase") == "new" and edit.was("assignee") is None
    return None if free else "Somebody else has taken it."


@completes
def assigned_is_no_longer_new(edit: Edit) -> None:
    """Assigning a new ticket makes it assigned, unless a state is given (RC-140)."""
    if edit.changes("assignee") and edit.get("assignee") and edit.get("status") == "new":
        edit.set("status", "assigned")
