"""Handing out the due times of ticks: each exactly once, whoever comes first (RS-193).

A due time is a row (name, due). The scheduler that manages to insert it asks for the work in the same transaction, so
several schedulers, a killed one, or a clock that steps back cannot run the same due time twice.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from polydesk.jobs.models import TickRun
from polydesk.jobs.queue import later
from polydesk.jobs.registry import TICK_SCHEDULE, TICKS, GiveUp, Tick, job
from polydesk.jobs.running import Running

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MISSED = 1000
_HAND_OUT = "INSERT INTO jobs_tickrun (name, due) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id"


class Scheduler:
    """Remembers which due times it has seen handed out, so that it is quiet in between."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}

    def fire(self, now: datetime) -> int:
        """Asks for the work of every tick that is due; how many due times were handed out by this call."""
        count = 0
        for tick in TICKS.values():
            due = latest_due(tick, now)
            if self._seen.get(tick.name) != due:
                count += hand_out(tick, due)
                self._seen[tick.name] = due
        return count


def latest_due(tick: Tick, now: datetime) -> datetime:
    return now - (now - _EPOCH - tick.offset) % tick.every


def hand_out(tick: Tick, due: datetime) -> int:
    if TickRun.objects.filter(name=tick.name, due=due).exists():  # a look costs no write lock
        return 0
    with transaction.atomic():
        return sum(_hand_out_one(tick, moment) for moment in _missed(tick, due))


def _missed(tick: Tick, due: datetime) -> list[datetime]:
    if not tick.each:
        return [due]
    last = TickRun.objects.filter(name=tick.name, due__lt=due).order_by("-due").first()
    missed = min((due - last.due) // tick.every, _MOST_MISSED) if last else 1
    return [due - tick.every * back for back in reversed(range(missed))]


def _hand_out_one(tick: Tick, due: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_HAND_OUT, [tick.name, connection.ops.adapt_datetimefield_value(due)])
        if cursor.fetchone() is None:
            return 0
    kind = "tick" if tick.atomic else "tick.outside"
    key = f"{tick.name}@{due.isoformat()}" if tick.each else tick.name
    later(kind, {"name": tick.name, "due": due.isoformat()}, lane=f"tick:{tick.name}", key=key)
    return 1


@job("tick", schedule=TICK_SCHEDULE)
@job("tick.outside", schedule=TICK_SCHEDULE, atomic=False)
def run_tick(running: Running) -> None:
    tick = TICKS.get(running.args["name"])
    if tick is None:
        raise GiveUp(f"no tick is called {running.args['name']}")
    tick.handler(datetime.fromisoformat(running.args["due"]))


def forget(before: datetime) -> int:
    """Removes old rows, but for the last of each tick: from it `each` knows what was missed."""
    latest = TickRun.objects.order_by("name", "-due")
    keep = {name: pk for pk, name in reversed(list(latest.values_list("pk", "name")))}
    return TickRun.objects.filter(due__lt=before).exclude(pk__in=keep.values()).delete()[0]


MEMORY = timedelta(days=8)
