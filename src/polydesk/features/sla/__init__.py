"""Service levels: due times that can show their working (AT-320 … AT-323, AT-331, RC-090)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from polydesk.web.compiled import Compiled

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from polydesk.directory.models import SlaPolicy
    from polydesk.tickets.models import Ticket

    from .clock import Interval
    from .models import Calendar, Clock, Target

WHICH = ("response", "plan", "resolution")


def clocks(tickets: Iterable[Ticket | int]) -> dict[int, Clock]:
    """The clocks of these tickets by id; tickets without a policy are left out. One query."""
    from .models import Clock

    ids = [ticket if isinstance(ticket, int) else ticket.pk for ticket in tickets]
    if not ids or len(ids) > _PAGE:
        return Clock.objects.select_related("policy").in_bulk(ids) if ids else {}
    wanted = ids + ids[:1] * ((1 if len(ids) == 1 else _PAGE) - len(ids))
    return {clock.pk: clock for clock in _clocks(len(wanted))(*wanted)}


_PAGE = 60


@lru_cache(maxsize=2)
def _clocks(many: int) -> Compiled[Clock]:
    from .models import Clock

    return Compiled(lambda *ids: Clock.objects.select_related("policy").filter(pk__in=ids))


def working(ticket: Ticket | int, which: str = "resolution", until: dt.datetime | None = None) -> list[Interval]:
    """How one clock came to stand where it stands: intervals that counted or not, each with its reason, from the
    ticket's beginning until its target was reached (else until now). Empty without a policy."""
    from polydesk.tickets.edits import now
    from polydesk.tickets.models import Ticket

    from . import clock as counting
    from . import plans, stories

    ticket_id = ticket if isinstance(ticket, int) else ticket.pk
    clock = clocks([ticket_id]).get(ticket_id)
    if clock is None:
        return []
    level = Ticket.objects.values_list("priority_level", flat=True).get(pk=ticket_id)
    plan = plans.of([clock.policy_id])[clock.policy_id]
    story = stories.load(clock.started, clock.story)
    end = clock.at_of(which) or until or now()
    return counting.working(story, plan.terms, plan.promise(level).hours, end)


def time_left(clock: Clock, now: dt.datetime, which: str = "") -> dt.timedelta | None:
    """Until the named target, else the next one: by the wall clock, below zero when it is overdue; while paused, the
    time that will count from the resumption on. None when there is nothing to reach."""
    names = [name for name in ([which] if which else WHICH) if clock.due_of(name) and clock.at_of(name) is None]
    if clock.paused_at is not None:
        left = [clock.left_of(name) for name in names]
        return min((dt.timedelta(seconds=seconds) for seconds in left if seconds is not None), default=None)
    if clock.due is None:
        return None
    return min((due - now for name in names if (due := clock.due_of(name))), default=None)


def paused_hours(clock: Clock, status: str) -> float | None:
    """Hours left to the next target since the latest entry into Waiting Customer; None in any other status (AT-331)."""
    if status != "waiting_customer" or clock.paused_at is None:
        return None
    left = time_left(clock, clock.paused_at)
    return None if left is None else round(left.total_seconds() / 3600, 4)


def overdue(tickets: QuerySet[Ticket], now: dt.datetime) -> QuerySet[Ticket]:
    """Those with a target that has passed unreached."""
    return tickets.filter(clock__due__lt=now)


def soon(tickets: QuerySet[Ticket], now: dt.datetime, within: dt.timedelta) -> QuerySet[Ticket]:
    """Those whose next target comes within this time."""
    return tickets.filter(clock__due__gte=now, clock__due__lt=now + within)


def promise(
    policy: SlaPolicy,
    *,
    level: int = 0,
    response: int | None = None,
    plan: int | None = None,
    resolution: int | None = None,
    calendar: Calendar | None = None,
) -> Target:
    """Set what a policy promises for a priority level (0: for all others), in minutes that count."""
    from .models import Target

    facts: dict[str, Any] = {"response": response, "plan": plan, "resolution": resolution, "calendar": calendar}
    return Target.objects.update_or_create(policy=policy, level=level, defaults=facts)[0]


__all__ = ["WHICH", "clocks", "overdue", "paused_hours", "promise", "soon", "time_left", "working"]
