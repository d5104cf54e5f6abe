"""The clock of a service level: a pure function of what happened and of business hours (AT-322, RC-090).

It answers intervals with reasons, so that a page can show its working; every number is a sum over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from .hours import Hours, Piece

WHICH = ("response", "plan", "resolution")
DONE = ("solved", "closed")
ENDED = (*DONE, "dropped")
PLANNED = ("planned", "scheduled", "in_progress")
"""Statuses that say that work is planned or begun, as shipped."""
NOTHING = dt.timedelta(0)

Interval = Piece


@dataclass(frozen=True, slots=True)
class Step:
    """The ticket came to stand on a status."""

    at: dt.datetime
    status: str
    phase: str
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a target was reached and by whom; `assignee` held the ticket then."""

    at: dt.datetime
    by: int | None = None
    assignee: int | None = None


@dataclass(slots=True)
class Story:
    """What the clock needs to know of a ticket's events."""

    started: dt.datetime
    steps: list[Step] = field(default_factory=list)
    responded: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a policy reads a story: which statuses pause (None: the phase waiting, AT-323, RC-247), which say that work
    is planned, and whether a reopened ticket's clock goes on."""

    pausing: frozenset[str] | None = None
    planned: frozenset[str] = frozenset(PLANNED)
    resumes: bool = False

    def halts(self, step: Step) -> bool:
        """Does time not count while the ticket stands there?"""
        if step.phase in ENDED:
            return True
        return step.phase == "waiting" if self.pausing is None else step.status in self.pausing


@dataclass(frozen=True, slots=True)
class Standing:
    """One clock as it stands: when it is due, when it was reached, whether in time, what had counted until then, and
    what is left while paused."""

    due: dt.datetime | None = None
    stamp: Stamp | None = None
    met: bool | None = None
    spent: dt.timedelta | None = None
    left: dt.timedelta | None = None


def stamps(story: Story, terms: Terms) -> dict[str, Stamp | None]:
    """When each target was reached: solving reaches all that are still open (AT-322)."""
    resolved = _resolved(story, terms)
    return {
        "response": _earlier(story.responded, resolved),
        "plan": _earlier(_first(story.steps, lambda step: step.status in terms.planned), resolved),
        "resolution": resolved,
    }


def stand(story: Story, terms: Terms, target: dt.timedelta | None, hours: Hours, stamp: Stamp | None) -> Standing:
    """How one clock with this target stands. While paused, `due` is what it was when the pause began; what is reached
    during a pause is judged by that moment."""
    over, present = _halts(story, terms, stamp.at if stamp else None)
    spent = sum_of(working(story, terms, hours, stamp.at)) if stamp else None
    if target is None:
        return Standing(None, stamp, None, spent)
    due = due_at(story.started, target, over, hours)
    if stamp:
        reached = present.start if present else stamp.at
        return Standing(due, stamp, due is None or reached <= due, spent)
    left = target - sum_of(working(story, terms, hours, present.start)) if present else None
    return Standing(due, None, None, None, left if left is None else max(NOTHING, left))


def working(story: Story, terms: Terms, hours: Hours, until: dt.datetime) -> list[Interval]:
    """From the start of the ticket until a moment: what counted, what did not, and why."""
    found = []
    for piece in _run(story.started, list(pauses(story.steps, terms)), hours):
        if piece.start >= until:
            break
        found.append(Interval(piece.start, min(piece.end, until), piece.counts, piece.reason))
    return found


def sum_of(intervals: Sequence[Interval]) -> dt.timedelta:
    """The time that counted."""
    return sum((i.end - i.start for i in intervals if i.counts), NOTHING)


def due_at(start: dt.datetime, target: dt.timedelta, halts: Sequence[Halt], hours: Hours) -> dt.datetime | None:
    """The moment when as much time has counted as was promised; None when the hours never open again."""
    left = target
    for piece in _run(start, halts, hours):
        if piece.counts:
            if piece.end - piece.start >= left:
                return piece.start + left
            left -= piece.end - piece.start
    return None


@dataclass(frozen=True, slots=True)
class Halt:
    """The ticket stood on a status on which time does not count; `end` is open while it still does."""

    start: dt.datetime
    end: dt.datetime | None
    reason: str


def pauses(steps: Sequence[Step], terms: Terms) -> Iterator[Halt]:
    """Where the story stood still, one after the other."""
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if terms.halts(step) and (following is None or following.at > step.at):
            yield Halt(step.at, following.at if following else None, f"status: {step.status}")


def _halts(story: Story, terms: Terms, until: dt.datetime | None) -> tuple[list[Halt], Halt | None]:
    """The halts that were over at a moment (None: now), and the one that lasted."""
    found = [h for h in pauses(story.steps, terms) if until is None or h.start < until]
    if found and (found[-1].end is None or (until is not None and found[-1].end > until)):
        return found[:-1], found[-1]
    return found, None


def _run(start: dt.datetime, halts: Sequence[Halt], hours: Hours) -> Iterator[Interval]:
    """Business hours with the halts laid over them."""
    at = start
    for halt in halts:
        if halt.end is not None and halt.end <= at:
            continue
        yield from _between(at, halt.start, hours)
        at = max(at, halt.start)
        if halt.end is None:
            yield Interval(at, dt.datetime.max.replace(tzinfo=dt.UTC), False, halt.reason)
            return
        yield Interval(at, halt.end, False, halt.reason)
        at = halt.end
    yield from hours.walk(at)


def _between(start: dt.datetime, end: dt.datetime, hours: Hours) -> Iterator[Interval]:
    if start >= end:
        return
    for piece in hours.walk(start):
        if piece.start >= end:
            return
        yield Interval(piece.start, min(piece.end, end), piece.counts, piece.reason)


def _resolved(story: Story, terms: Terms) -> Stamp | None:
    """The first solving, stamped once; where the clock resumes, the beginning of the present one."""
    steps = story.steps
    if terms.resumes:
        if not steps or steps[-1].phase not in DONE:
            return None
        undone = [i for i, step in enumerate(steps) if step.phase not in DONE]
        steps = steps[undone[-1] + 1 :] if undone else steps
    return _first(steps, lambda step: step.phase in DONE)


def _first(steps: Sequence[Step], holds: Callable[[Step], bool]) -> Stamp | None:
    return next((Stamp(step.at, step.by) for step in steps if holds(step)), None)


def _earlier(one: Stamp | None, other: Stamp | None) -> Stamp | None:
    found = [stamp for stamp in (one, other) if stamp]
    return min(found, key=lambda stamp: stamp.at) if found else None
