"""What holds for every face (AT-230, RC-283)."""

from __future__ import annotations

from polydesk.tickets.edits import Edit
from polydesk.tickets.rules import refuses
from polydesk.web.sentences import say

from .models import Board

STATES = ("not_assigned", "assigned", "requested", "partially_approved", "approved", "rejected")
QUORUMS = ("one_approver", "all_approvers")


@refuses("approval_board")
def board_is_active(edit: Edit) -> str | None:
    """A newly named board exists and is active (AT-230)."""
    if "approval_board" not in edit.asked or edit.get("approval_board") is None:
        return None
    board = Board.objects.filter(pk=edit.get("approval_board"), organization_id=edit.batch.organization_id).first()
    if board is None:
        return say("There is no such change approval board.")
    return None if board.is_active else say("An inactive change approval board cannot be chosen.")


@refuses("approval_rule")
def quorum_is_known(edit: Edit) -> str | None:
    """One of the two quorum rules."""
    known = edit.get("approval_rule") in (None, *QUORUMS)
    return None if known or not edit.changes("approval_rule") else say("There is no such approval rule.")


@refuses("approval_status")
def state_is_known(edit: Edit) -> str | None:
    """One of the six states."""
    known = edit.get("approval_status") in (None, *STATES)
    return None if known or not edit.changes("approval_status") else say("There is no such approval status.")


RULES = (board_is_active, quorum_is_known, state_is_known)
