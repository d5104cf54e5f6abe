"""What an open checklist holds up where the organization wants it so; the workplace and the native API ask (RC-214)."""

from __future__ import annotations

from polydesk.directory.models import Organization
from polydesk.tickets import kinds
from polydesk.tickets.edits import Edit
from polydesk.tickets.rules.base import refuses
from polydesk.web.sentences import say

from .models import Item

SETTING = "checklist_before_solving"
DONE = ("solved", "closed")


@refuses("status")
def checklist_is_done(edit: Edit) -> str | None:
    """Nobody solves or closes what still has something to tick off; off as shipped."""
    if edit.is_new or not edit.changes("status") or edit.was("phase") in DONE:
        return None
    organization_id = edit.ticket.organization_id
    status = kinds.status(organization_id, edit.get("status"))
    if status is None or status.phase not in DONE:
        return None
    if not Organization.objects.get(pk=organization_id).setting(SETTING, False):
        return None
    left = Item.objects.filter(ticket_id=edit.ticket.pk, done_at=None).count()
    return say("The checklist has %(n)s open items.", n=left) if left else None
