"""What happens by the clock: breaches are told once, and running clocks follow their policy's promises (RS-193)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from polydesk import jobs
from polydesk.directory import actors
from polydesk.jobs.running import Running
from polydesk.tickets import edits
from polydesk.tickets.edits import Batch, Part, encode
from polydesk.tickets.models import Ticket

from . import plans, stories
from .clock import ENDED, WHICH
from .keeping import COLUMNS, recount, summarize
from .models import Clock

AT_ONCE = 200
RECOUNTED_AT_ONCE = 20
"""Few, since SQLite lets nobody else write meanwhile."""


@jobs.tick(every=timedelta(minutes=1), name="sla.breaches", atomic=False)
def tell_breaches(due: datetime) -> int:
    """Every target that was missed by now leaves one event; how many tickets had one. A ticket is its own
    transaction, so that a killed worker leaves nothing half told and the next run finds the rest."""
    told = last = 0
    while found := list(_overdue(due, last)):
        for last, organization_id in found:
            with edits.begin(organization_id) as batch:
                told += tell(batch, last, due)
    return told


def _overdue(due: datetime, last: int) -> Any:
    missed = Clock.objects.filter(next_due__lte=due, pk__gt=last).order_by("pk")
    return missed.values_list("ticket_id", "ticket__organization_id")[:AT_ONCE]


def tell(batch: Batch, ticket_id: int, moment: datetime) -> bool:
    """Write the event for what this ticket has missed, under its lock; False when somebody else was first."""
    ticket = batch.lock(ticket_id)
    clock = Clock.objects.select_related("policy").get(pk=ticket_id)
    missed = [which for which in WHICH if _is_missed(clock, which, moment)]
    change = batch.edit(ticket, actors.system(ticket.organization_id), verb="sla_breached", via="rule", at=moment)
    change.cause = f"service level {clock.policy.name}"
    for which in missed:
        change.add(_part(clock, which))
    clock.told = [*clock.told, *missed]
    for which in missed:
        setattr(clock, f"{which}_met", False)
    summarize(clock, moment, runs=clock.paused_at is None and not _is_over(clock, ticket))
    clock.save(update_fields=[*(f"{which}_met" for which in WHICH), "met", "due", "next_due", "told"])
    return batch.record(change)


def _is_missed(clock: Clock, which: str, moment: datetime) -> bool:
    due = clock.due_of(which)
    if due is None or which in clock.told or due > moment or clock.met_of(which) is True:
        return False
    return clock.paused_at is None or due <= clock.paused_at or clock.met_of(which) is False


def _is_over(clock: Clock, ticket: Ticket) -> bool:
    return ticket.phase in ENDED or ticket.deleted_at is not None


def _part(clock: Clock, which: str) -> Part:
    kept = {"clock": which, "due": encode(clock.due_of(which)), "policy": clock.policy_id}
    return Part("sla", describe=lambda: kept, is_activity=False)


@jobs.job("sla.recount", atomic=False)
def recount_running(job: Running) -> None:
    """The promises, hours or terms of a policy have changed: its undecided clocks are worked out anew, a handful in
    each transaction; doing some of them twice does no harm."""
    policy_id = job.args["policy"]
    plan = plans.of([policy_id]).get(policy_id)
    if plan is None:
        return
    last = 0
    while ids := list(_running(policy_id, last)):
        with edits.begin(plan.policy.organization_id) as batch:
            tickets = batch.lock_all(ids)
            for clock in Clock.objects.filter(pk__in=ids):
                story = stories.load(clock.started, clock.story)
                recount(clock, story, plan, tickets[clock.pk], edits.now())
                clock.save(update_fields=list(COLUMNS))
        last = ids[-1]


def _running(policy_id: int, last: int) -> Any:
    open_ones = Clock.objects.filter(policy_id=policy_id, resolution_at=None, pk__gt=last)
    return open_ones.order_by("pk").values_list("pk", flat=True)[:RECOUNTED_AT_ONCE]
