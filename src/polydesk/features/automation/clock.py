"""Automations that wait for time: on which tickets it has run out.

The hours are counted from the last time that something happened; it acts once for each such time, and what it did
itself does not set the clock back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from polydesk.directory import actors
from polydesk.tickets.models import Event, Ticket

from . import abilities, recipe
from .acting import name_of
from .models import Automation, Run

QUIET = ("sla_breached", "automation_stopped")
"""Verbs that are nobody's activity."""


@dataclass(frozen=True, slots=True)
class Since:
    """From when hours are counted: its name, and which events of a ticket say it, as a filter and of one in hand.
    Without these it is the opening."""

    name: Any
    events: Q | None = None
    counts: Callable[[Event], bool] = lambda event: event.verb == "create"


def _change_of(field: str, name: Any) -> Since:
    return Since(name, Q(changes__has_key=field), lambda event: field in event.changes)


SINCE: dict[str, Since] = {
    "activity": Since(_("the last activity"), ~Q(verb__in=QUIET), lambda event: event.verb not in QUIET),
    "message": Since(
        _("the last public message"),
        Q(comment_id__isnull=False, public=True),
        lambda event: event.comment_id is not None and event.public,
    ),
    "status": _change_of("status", _("the last change of the status")),
    "priority": _change_of("priority", _("the last change of the priority")),
    "assignee": _change_of("assignee", _("the last change of the assignee")),
    "assigned_teams": _change_of("assigned_teams", _("the last change of the team")),
    "queue": _change_of("queue", _("the last change of the queue")),
    "created": Since(_("its opening")),
}


def counts_from(name: str, event: Event) -> bool:
    """Are hours counted anew from this event?"""
    return SINCE[name].counts(event)


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
    said = SINCE[name].events
    if said is None:
        return F("created_at")
    events = Event.objects.filter(said, ticket_id=OuterRef("pk")).exclude(cause=name_of(row))
    newest = events.order_by("-number").values("at")[:1]
    return Coalesce(Subquery(newest), F("created_at"), output_field=DateTimeField())
