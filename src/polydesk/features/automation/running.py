"""The jobs: automations that waited for an event meet its ticket in the order of their list; those that wait for time
look every few minutes on which tickets it has come, in batches.

A job is one transaction with the mark that it is done, and what came of an occasion is a row that can be there only
once: at least once, with the effect of once (RS-041)."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from polydesk import jobs
from polydesk.jobs.running import Running
from polydesk.tickets import edits
from polydesk.tickets.models import Event
from polydesk.tickets.refusals import Refused
from polydesk.tickets.statements import writing

from . import clock
from .acting import Cause
from .answering import answer, meet
from .models import Automation, Run

SCHEDULE = (5, 60, 600)
"""Seconds before each further try: what fails for so long by an error of ours waits for an administrator."""
AT_ONCE = 100
KEPT = dt.timedelta(days=90)


@jobs.job("automation.event", schedule=SCHEDULE)
def on_event(job: Running) -> None:
    """What happened to a ticket is answered by all who waited for it."""
    event = Event.objects.filter(pk=job.args["event"]).first()
    if event is None:
        return
    ticket = writing.lock(event.ticket_id, event.organization_id)
    if ticket is None or ticket.deleted_at is not None:
        return
    waiting = Automation.objects.filter(organization=event.organization_id, is_active=True, is_timed=False)
    for row in waiting.filter(pk__in=job.args["automations"]).order_by("position", "pk"):
        answer(row, Cause.of(event))


@jobs.tick(every=dt.timedelta(minutes=5), name="automation.time", atomic=False)
def look(due: dt.datetime) -> int:
    """Ask for a look by each that waits for time; how many there are."""
    waiting = Automation.objects.filter(is_active=True, is_timed=True).order_by("pk").values_list("pk", flat=True)
    for pk in waiting:
        jobs.later("automation.look", {"automation": pk, "after": 0}, lane=f"automation-look:{pk}", key=str(pk))
    return len(waiting)


@jobs.job("automation.look", schedule=SCHEDULE)
def look_of(job: Running) -> None:
    """The next tickets on which its time has come, a job for each, and another look where there are more."""
    row = _waiting(job.args["automation"])
    if row is None:
        return
    try:
        found = clock.due(row, edits.now()).filter(pk__gt=job.args["after"])
    except Refused:
        return  # what its condition names is gone; its rehearsal says so
    numbers = list(found.values_list("pk", flat=True)[:AT_ONCE])
    for number in numbers:
        jobs.later(
            "automation.ticket",
            {"automation": row.pk, "ticket": number},
            lane=f"automation:{number}",
            key=f"{row.pk}:{number}",
        )
    if len(numbers) == AT_ONCE:
        jobs.later("automation.look", {"automation": row.pk, "after": numbers[-1]}, lane=f"automation-look:{row.pk}")


@jobs.job("automation.ticket", schedule=SCHEDULE)
def on_ticket(job: Running) -> None:
    """Act if its time has still come, now that the ticket is held."""
    row, number = _waiting(job.args["automation"]), job.args["ticket"]
    ticket = writing.lock(number, row.organization_id) if row is not None else None
    if row is None or ticket is None:
        return
    try:
        since = clock.due(row, edits.now()).filter(pk=number).values_list("since", flat=True).first()
    except Refused:
        return
    if since is not None:
        origin = Event.objects.filter(ticket_id=number, at=since).order_by("number").last()
        meet(row, Cause.of(origin, since) if origin else Cause(number, since=since))


def _waiting(pk: int) -> Automation | None:
    return Automation.objects.filter(pk=pk, is_active=True, is_timed=True).first()


@jobs.tick(every=dt.timedelta(hours=6), name="automation.forget", offset=dt.timedelta(minutes=51))
def forget(due: dt.datetime) -> int:
    """What was done is kept for a quarter of a year; the last time on a ticket as long as it may be the last."""
    later = Run.objects.filter(
        automation=OuterRef("automation"), ticket_id=OuterRef("ticket_id"), pk__gt=OuterRef("pk")
    )
    old = Run.objects.filter(at__lt=due - KEPT)
    return old.filter(Q(since__isnull=True) | Exists(later)).delete()[0]
