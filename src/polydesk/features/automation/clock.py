"""Automations that wait for time: on which tickets it has run out.

The hours are counted from the last time that something happened; it acts once for each such time, and what it did
itself does not set the clock back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from polydesk.directory import actors
from polydesk.tickets.models import Event, Ticket

from . import abilities, recipe
from .acting import name_of
from .models import Automation, Run

SINCE: dict[str, tuple[Any, Callable[[], Q] | None]] = {
    "activity": (_("the last activity"), lambda: ~Q(verb__in=("sla_breached", "automation_stopped"))),
    "message": (_("the last public message"), lambda: Q(comment_id__isnull=False, public=True)),
    "status": (_("the last change of the status"), lambda: Q(changes__has_key="status")),
    "priority": (_("the last change of the priority"), lambda: Q(changes__has_key="priority")),
    "assignee": (_("the last change of the assignee"), lambda: Q(changes__has_key="assignee")),
    "assigned_teams": (_("the last change of the team"), lambda: Q(changes__has_key="assigned_teams")),
    "queue": (_("the last change of the queue"), lambda: Q(changes__has_key="queue")),
    "created": (_("its opening"), None),
}
"""From when the hours are counted: its name, and which events of a ticket say it."""


def due(row: Automation, moment: dt.datetime) -> QuerySet[Ticket]:
    """The tickets on which it would act now, with the moment `since` for each; Refused for an unreadable condition."""
    parts = row.parts
    when = parts.when
    assert isinstance(when, recipe.Time)
    until = moment - dt.timedelta(hours=when.hours)
    found = abilities.find(actors.system(row.organization_id), parts.condition)
    done = Run.objects.filter(automation=row, ticket_id=OuterRef("pk"), since__gte=OuterRef("since"))
    return (
        found.filter(created_at__lte=until)
        .annotate(since=_since(row, when.since))
        .filter(~Exists(done), since__lte=until)
        .order_by("pk")
    )


def _since(row: Automation, name: str) -> Any:
    said = SINCE[name][1]
    if said is None:
        return F("created_at")
    events = Event.objects.filter(said(), ticket_id=OuterRef("pk"))
    if row.pk:
        events = events.exclude(cause=name_of(row))
    newest = events.order_by("-number").values("at")[:1]
    return Coalesce(Subquery(newest), F("created_at"), output_field=DateTimeField())
