"""Keeps the clocks in step: every recorded edit that they look at, inside the writing transaction (RC-288).

What was reached keeps its verdict when priorities, promises or calendars change later; another policy judges anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from polydesk.tickets.edits import Recorded
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.statements import writing

from . import plans, stories
from .clock import ENDED, WHICH, Stamp, Story, stamps, stand
from .models import Clock
from .plans import Plan

COLUMNS = frozenset(f.attname for f in Clock._meta.concrete_fields if not f.primary_key)


def keep_in_step(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits. No statement for tickets without a policy."""
    watched: dict[int, list[Recorded]] = {}
    for one in recorded:
        if _matters(one):
            watched.setdefault(one.event.ticket_id, []).append(one)
    if not watched:
        return
    tickets = {pk: done[-1].edit.ticket for pk, done in watched.items()}
    told = {pk: done for pk, done in watched.items() if not done[0].edit.is_new}
    clocks = Clock.objects.in_bulk(told) if told else {}
    known = _plans(recorded[0], {t.sla_id for t in tickets.values() if t.sla_id})
    made = []
    for pk, done in watched.items():
        clock = _follow(clocks.get(pk), tickets[pk], done, known)
        if clock is not None:
            made.append(clock)
    if made:
        writing.insert(made)


def _matters(one: Recorded) -> bool:
    if one.event.verb == "purge" or (one.edit.ticket.sla_id is None and "sla" not in one.changes):
        return False
    touched = stories.LOOKED_AT & one.changes.keys()
    if touched == {"+comment"} and not one.edit.is_new:
        return any(stories.is_response(entry) for entry in one.changes["+comment"])
    return bool(touched)


def _plans(one: Recorded, ids: set[int]) -> dict[int, Plan]:
    """Plans that the choosing rule has read already, and the others in one statement."""
    rows = one.edit.batch.rows
    missing = [pk for pk in ids if rows.once(("sla.plan", pk), lambda: None) is None]
    for pk, plan in plans.of(missing).items() if missing else ():
        rows.answer(("sla.plan", pk), plan)
    return {pk: rows.once(("sla.plan", pk), lambda: None) for pk in ids}


def _follow(clock: Clock | None, ticket: Ticket, done: Sequence[Recorded], known: dict[int, Plan]) -> Clock | None:
    """Bring one ticket's row in line; answers a row that has to be inserted."""
    if ticket.sla_id is None:
        if clock is not None:
            clock.delete()
        return None
    at = done[-1].event.at
    if clock is None:
        is_whole = done[0].edit.is_new
        events = [d.event for d in done] if is_whole else Event.objects.filter(ticket_id=ticket.pk).order_by("number")
        story = stories.of(events)
        assert story is not None  # at least the event that brought us here
        clock = Clock(ticket=ticket, policy_id=ticket.sla_id)
        recount(clock, story, known[ticket.sla_id], ticket, at)
        return clock
    story = stories.load(clock.started, clock.story)
    for one in done:
        story = stories.follow(story, one.event, ticket.assignee_id)
    anew = clock.policy_id != ticket.sla_id
    clock.policy_id = ticket.sla_id
    recount(clock, story, known[ticket.sla_id], ticket, at, anew=anew)
    writing.update(clock, COLUMNS)
    return None


def recount(clock: Clock, story: Story, plan: Plan, ticket: Ticket, at: dt.datetime, *, anew: bool = False) -> None:
    """Work out the row from the story as things stand at `at`."""
    clock.started, clock.story = story.started, stories.dump(story)
    promise, terms = plan.promise(ticket.priority_level), plan.terms
    reached = stamps(story, terms)
    if anew:
        clock.told = []
    for which in WHICH:
        stamp = reached[which]
        is_judged = clock.met_of(which) is not None and clock.at_of(which) is not None
        if anew or not is_judged or stamp is None:
            clock.write(which, stand(story, terms, promise.target(which), promise.hours, stamp))
    clock.response_assignee = _assignee(reached["response"])
    halted = story.steps[-1] if story.steps and terms.halts(story.steps[-1]) else None
    clock.paused_at = halted.at if halted and halted.phase not in ENDED else None
    summarize(clock, at, runs=halted is None and ticket.deleted_at is None)


def summarize(clock: Clock, at: dt.datetime, *, runs: bool) -> None:
    """What lists and the tick look at: the whole verdict, the next due time, the next breach to tell."""
    open_ones = [which for which in WHICH if clock.at_of(which) is None and clock.due_of(which)]
    for which in open_ones:
        if clock.due_of(which) > at and which in clock.told:  # type: ignore[operator]
            clock.told = [other for other in clock.told if other != which]
        if which in clock.told:
            setattr(clock, f"{which}_met", False)
    verdicts = [clock.met_of(which) for which in WHICH if clock.due_of(which)]
    clock.met = False if False in verdicts else True if verdicts and all(verdicts) else None
    clock.due = min((clock.due_of(which) for which in open_ones), default=None) if runs else None  # type: ignore[type-var]
    clock.next_due = min((due for which in WHICH if (due := _untold(clock, which, runs))), default=None)


def _untold(clock: Clock, which: str, runs: bool) -> dt.datetime | None:
    """When this clock's breach has to be told; None when it was, or cannot happen as things stand."""
    due = clock.due_of(which)
    if which in clock.told or clock.met_of(which) is True:
        return None
    if clock.met_of(which) is False or runs:
        return due
    return due if due and clock.paused_at and due <= clock.paused_at else None


def _assignee(stamp: Stamp | None) -> int | None:
    return stamp.assignee if stamp else None
