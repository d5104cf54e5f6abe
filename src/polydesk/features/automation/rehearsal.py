"""What an automation would have done: over the events of the last days, on the tickets as they were then, without a
single write. What would have followed from its own effects is not told."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from polydesk.directory import actors
from polydesk.tickets import edits, queries
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Event

from . import clock, past, recipe
from .acting import name_of
from .happenings import happens
from .models import Automation

LOOKED_AT = 2_000
PER_TICKET = 50
"""Occasions on one ticket that are looked at, the newest."""
AT_ONCE = 200


@dataclass(slots=True)
class Firing:
    """One occasion on which it would have acted, with what it would have set itself: before and after by field."""

    at: dt.datetime
    ticket_id: int
    title: str
    event_id: int
    sets: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Rehearsal:
    """All of them, newest first, and how far it has looked."""

    firings: list[Firing]
    looked_at: int
    since: dt.datetime
    is_cut: bool

    @property
    def tickets(self) -> int:
        """On how many tickets."""
        return len({one.ticket_id for one in self.firings})


@dataclass(slots=True)
class _Occasion:
    """It might have acted here: the event that it would have answered, the moment, and the ticket's row of then."""

    event: Event
    at: dt.datetime
    row: past.Row


def rehearse(row: Automation, *, days: int) -> Rehearsal:
    """Over the newest events of these days; Refused for a condition that cannot be read any more."""
    now = edits.now()
    since = now - dt.timedelta(days=days)
    recent = Event.objects.filter(organization_id=row.organization_id, at__gte=since).order_by("-at", "-id")
    events = list(recent[: LOOKED_AT + 1])
    by_ticket: dict[int, list[Event]] = defaultdict(list)
    for event in events[:LOOKED_AT]:
        by_ticket[event.ticket_id].append(event)
    visible = queries.visible_to(actors.system(row.organization_id)).filter(pk__in=list(by_ticket))
    occasions: list[list[_Occasion]] = []
    for pk, as_now in past.rows_now(visible).items():
        occasions.append(list(_occasions(row, as_now, by_ticket[pk], now)))
    firings = [_firing(row.parts.then, one) for one in _matching(row, occasions, now)]
    firings.sort(key=lambda one: (one.at, one.event_id), reverse=True)
    return Rehearsal(firings, min(len(events), LOOKED_AT), since, len(events) > LOOKED_AT)


def _occasions(row: Automation, as_now: past.Row, events: Iterable[Event], now: dt.datetime) -> Iterator[_Occasion]:
    """Those of one ticket, newest first: back from its row of today, as far as its events are known without a gap."""
    known = _without_gap(as_now, events)
    when, state, undone = row.parts.when, dict(as_now), 0
    moments = sorted(_moments(row, when, known, now), key=lambda pair: (pair[1], pair[0].number), reverse=True)
    for event, at in moments[:PER_TICKET]:
        while undone < len(known) and _is_later(known[undone], event, at, when):
            past.step_back(state, known[undone])
            undone += 1
        yield _Occasion(event, at, dict(state))


def _without_gap(as_now: past.Row, events: Iterable[Event]) -> list[Event]:
    expected, known = as_now["version"], []
    for event in sorted(events, key=lambda one: one.number, reverse=True):
        if event.number != expected or event.erased_at is not None:
            break
        known.append(event)
        expected -= 1
    return known


def _moments(
    row: Automation, when: recipe.Event | recipe.Time, known: list[Event], now: dt.datetime
) -> Iterator[tuple[Event, dt.datetime]]:
    """Each event that it would have answered, with the moment of the answer."""
    if isinstance(when, recipe.Event):
        yield from ((event, event.at) for event in known if happens(when, event))
        return
    following: dt.datetime | None = None
    for event in known:
        if event.cause == name_of(row) or not clock.counts_from(when.since, event):
            continue
        at = event.at + dt.timedelta(hours=when.hours)
        if at <= now and (following is None or at < following):
            yield event, at
        following = event.at


def _is_later(event: Event, answered: Event, at: dt.datetime, when: recipe.Event | recipe.Time) -> bool:
    return event.number > answered.number if isinstance(when, recipe.Event) else event.at > at


def _matching(row: Automation, occasions: list[list[_Occasion]], now: dt.datetime) -> Iterator[_Occasion]:
    """Those on which the condition held. A statement speaks of a ticket once, so the newest of each come first."""
    for nth in range(max(map(len, occasions), default=0)):
        chosen = [of_ticket[nth] for of_ticket in occasions if len(of_ticket) > nth]
        for start in range(0, len(chosen), AT_ONCE):
            part = chosen[start : start + AT_ONCE]
            rows = [(one.row, one.at) for one in part]
            found = past.found(row.organization_id, row.parts.condition, rows, now)
            yield from (one for one in part if one.row["id"] in found)


def _firing(then: recipe.Then, one: _Occasion) -> Firing:
    sets = {}
    for name, value in then.values.items():
        before = one.row[FIELDS[name].column]
        after = {**before, **value} if name == "fields" else value
        if edits.encode(before) != after:
            sets[name] = [edits.encode(before), after]
    tags = [tag for tag in one.row["tags"] if tag not in then.remove_tags]
    tags += [tag for tag in then.add_tags if tag not in tags]
    if tags != one.row["tags"]:
        sets["tags"] = [one.row["tags"], tags]
    return Firing(one.at, one.row["id"], one.row["title"], one.event.pk, sets)
