"""Ticks: each due time exactly once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from polydesk import jobs
from polydesk.jobs import sweep, ticks
from polydesk.jobs.models import Job, TickRun
from polydesk.jobs.registry import TICKS
from polydesk.jobs.testing import drain, run_tick
from polydesk.web.testing import count_statements

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-193")]
NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ran(monkeypatch):
    """Two ticks of these tests' own, and when they were run for."""
    for name in list(TICKS):
        monkeypatch.delitem(TICKS, name)
    found = {"minute": [], "each": []}
    jobs.tick(every=MINUTE, name="minute")(found["minute"].append)
    jobs.tick(every=HOUR, name="each", each=True)(found["each"].append)
    yield found
    del TICKS["minute"], TICKS["each"]


def at(minute):
    return datetime(2026, 3, 1, 12, minute, tzinfo=UTC)


def test_several_schedulers_hand_a_due_time_out_once(ran):
    schedulers = [ticks.Scheduler() for _ in range(3)]
    assert sum(one.fire(NOON) for one in schedulers) == 2
    drain()
    assert ran == {"minute": [at(0)], "each": [at(0)]}


@pytest.mark.django_db(transaction=True)
def test_schedulers_at_the_same_moment_hand_a_due_time_out_once(ran):
    barrier, counts = threading.Barrier(4), []

    def schedule():
        barrier.wait()
        try:
            counts.append(ticks.Scheduler().fire(NOON))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(counts) == 2 and len(counts) == 4
    drain()
    assert ran == {"minute": [at(0)], "each": [at(0)]}


def test_a_scheduler_is_quiet_between_due_times(ran):
    scheduler = ticks.Scheduler()
    scheduler.fire(NOON)
    with count_statements() as statements:
        scheduler.fire(NOON + timedelta(seconds=20))
    assert len(statements) == 0


def test_after_a_stop_what_was_missed_is_caught_up(ran):
    ticks.Scheduler().fire(NOON)
    drain()
    ticks.Scheduler().fire(NOON + 3 * HOUR)
    drain()
    assert ran == {"minute": [at(0), at(0) + 3 * HOUR], "each": [at(0) + n * HOUR for n in range(4)]}


@pytest.mark.parametrize("step", [HOUR, DAY])
def test_a_step_of_the_clock_forth_and_back_runs_nothing_twice_and_stops_nothing(ran, step):
    scheduler = ticks.Scheduler()
    for now in (NOON, NOON + MINUTE, NOON + step, NOON + 2 * MINUTE, NOON + 3 * MINUTE, NOON + step):
        scheduler.fire(now)
        drain()
    assert ran["minute"] == [at(0), at(1), at(0) + step, at(2), at(3)]
    assert len(ran["each"]) == len(set(ran["each"]))


def test_a_due_time_follows_the_grid_and_its_offset():
    jobs.tick(every=DAY, name="nightly", offset=3 * HOUR)(print)
    try:
        assert ticks.latest_due(TICKS["nightly"], NOON) == datetime(2026, 3, 1, 3, tzinfo=UTC)
        assert ticks.latest_due(TICKS["nightly"], NOON - 10 * HOUR) == datetime(2026, 2, 28, 3, tzinfo=UTC)
    finally:
        del TICKS["nightly"]


def test_a_tick_that_waits_is_not_asked_for_again(ran):
    scheduler = ticks.Scheduler()
    scheduler.fire(NOON)
    scheduler.fire(NOON + MINUTE)
    assert Job.objects.filter(kind="tick", key="minute").count() == 1


def test_old_jobs_are_swept_away():
    old, young = NOON - 8 * DAY, NOON - 6 * DAY
    for done, error in ((old, ""), (young, ""), (old, "dead"), (NOON - 91 * DAY, "dead"), (None, "")):
        Job.objects.create(kind="x", due=old, created=old, done=done, error=error)
    TickRun.objects.create(name="a", due=NOON - 30 * DAY)
    TickRun.objects.create(name="a", due=NOON - 20 * DAY)
    assert run_tick("jobs.sweep", NOON) == 1
    assert Job.objects.filter(kind="x").count() == 3
    assert TickRun.objects.filter(name="a").count() == 1
    assert run_tick("jobs.sweep", NOON) == 0
    assert sweep.KEEP_DEAD == 90 * DAY
