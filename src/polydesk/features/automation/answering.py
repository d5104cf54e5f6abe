"""An automation meets a ticket: it acts if its condition holds, once on each occasion, and what came of it is kept."""

from __future__ import annotations

from django.db import transaction

from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Denied, Refused

from . import guard
from .acting import Cause, act, matches
from .models import Automation, Run


def answer(row: Automation, cause: Cause) -> Run | None:
    """Act if the condition holds and this occasion is new; the ticket is locked by the caller."""
    if Run.objects.filter(automation=row, event_id=cause.event_id).exists():
        return None
    run = _new(row, cause)
    try:
        if not matches(row, cause.ticket_id):
            return None
    except Refused as refused:
        run.outcome, run.reason = Run.REFUSED, str(refused)[:300]
    else:
        do(run, row, cause)
    run.save()
    return run


def meet(row: Automation, cause: Cause) -> Run:
    """The same for a ticket of which it is known that its time has come."""
    run = _new(row, cause)
    do(run, row, cause)
    run.save()
    return run


def _new(row: Automation, cause: Cause) -> Run:
    return Run(
        automation=row,
        version=row.version,
        ticket_id=cause.ticket_id,
        event_id=cause.event_id,
        since=cause.since,
        root_id=cause.root_id,
        round=cause.round,
    )


def do(run: Run, row: Automation, cause: Cause) -> None:
    """Act, and note what came of it; what goes beyond the limits is taken back and the automation stopped."""
    run.outcome = Run.NOTHING
    try:
        with transaction.atomic():
            event = act(row, Ticket.objects.get(pk=cause.ticket_id), cause).event
            if event is not None:
                guard.check(cause)
                run.outcome, run.effect_id = Run.DONE, event.pk
    except guard.InCircles:
        run.outcome = Run.STOPPED
        guard.switch_off(row, cause)
    except Refused as refused:
        run.outcome, run.reason = Run.REFUSED, str(refused)[:300]
    except Denied as denied:
        run.outcome, run.reason = Run.REFUSED, denied.reason[:300]
