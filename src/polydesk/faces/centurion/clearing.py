"""Taking a row away that tickets name: each lets go of it first, with an event (CE-013, CE-014, CE-172)."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet

from polydesk.directory.actors import Actor
from polydesk.directory.models import Asset, Milestone, Project, Team
from polydesk.tickets import edits
from polydesk.tickets.edits import Edit
from polydesk.tickets.models import Category, Comment, CommentCategory, Participant, Ticket, TicketItem

from .auth import FACE

_SINGLE: dict[type[Model], str] = {Category: "category", Project: "project", Milestone: "milestone", Asset: "asset"}
_TEAM_LISTS = ("assigned_teams", "watching_teams")


def forget(row: Any, *, by: Actor, kind: str = "") -> None:
    """Clear the row wherever a ticket or comment names it, deleted tickets included, then delete it. `kind` is its
    word in `$kind-id` when it is a thing that tickets are linked to."""
    with edits.begin(row.organization_id) as batch:
        for ticket in _naming(row, kind).select_for_update().order_by("pk"):
            change = batch.edit(ticket, by, verb="edit", via=FACE, cause=f"gone:{kind or type(row).__name__}-{row.pk}")
            _let_go(change, row, kind)
            change.settle()
            batch.record(change)
        batch.flush()
        if isinstance(row, CommentCategory):
            Comment.objects.filter(category=row).update(category=None)
        if isinstance(row, Team):
            Comment.objects.filter(responsible_team=row).update(responsible_team=None)
        row.delete()


def _naming(row: Any, kind: str) -> QuerySet[Ticket]:
    found = Q(pk__in=())
    if type(row) in _SINGLE:
        found |= Q(**{_SINGLE[type(row)]: row})
    if isinstance(row, Project):
        found |= Q(milestone_id__in=Milestone.objects.filter(project=row).values("pk"))
    if isinstance(row, Team):
        found |= Q(pk__in=Participant.objects.filter(team=row).values("ticket_id"))
    if kind:
        found |= Q(pk__in=TicketItem.objects.filter(kind=kind, item_id=row.pk).values("ticket_id"))
    return Ticket.objects.filter(found, organization_id=row.organization_id)


def _let_go(change: Edit, row: Any, kind: str) -> None:
    single = _SINGLE.get(type(row))
    if single and change.was(single) == row.pk:
        change.set(single, None)
    if isinstance(row, Project):
        change.set("milestone", None)
    if isinstance(row, Team):
        for name in _TEAM_LISTS:
            change.set(name, [number for number in change.was(name) if number != row.pk])
    if kind:
        change.set("items", [pair for pair in change.was("items") if pair != [kind, row.pk]])
