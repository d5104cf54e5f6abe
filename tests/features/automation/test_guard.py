"""Automations that go in circles are stopped, and everybody who should know knows (RS-049)."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time

import pytest
from django.db import connections

from polydesk.directory.models import SecurityEvent
from polydesk.features.automation import guard, keeping
from polydesk.features.automation.models import Automation, Run
from polydesk.features.automation.recipe import Event as On
from polydesk.features.automation.recipe import Time
from polydesk.features.notifications.models import Notification
from polydesk.jobs import worker
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain, run_tick
from polydesk.tickets import commands, edits
from polydesk.tickets.models import Event, Ticket
from tests import worlds

from .conftest import automation
from .test_running import ages

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-049")]


def pair(world):
    """Each undoes what the other does."""
    low, high = (On(of=["changed"], field="priority", to=to) for to in ("low", "high"))
    up = automation(world, low, name="Up", values={"priority": "high"})
    down = automation(world, high, name="Down", values={"priority": "low"})
    return up, down


@pytest.mark.django_db(transaction=True)
def test_two_that_undo_each_other_are_stopped_by_the_real_worker(transactional_db):
    world, stop = worlds.build(), threading.Event()
    pair(world)
    thread = threading.Thread(target=_work, args=(stop,))
    thread.start()
    try:
        ticket = world.ticket(priority="normal")
        commands.edit(ticket, {"priority": "low"}, by=world.actor("anna"), via="test")
        until = time.monotonic() + 60
        while time.monotonic() < until and not (
            Automation.objects.filter(is_active=False).exists() and not Job.objects.waiting().exists()
        ):
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(20)
    assert_stopped(world, ticket)


def _work(stop):
    try:
        worker.run(threads=3, stop=stop, poll=0.05)
    finally:
        connections.close_all()


def assert_stopped(world, ticket):
    """Ten rounds, then the one that would have gone on is off; the other may stay."""
    off = Automation.objects.get(is_active=False)
    history = list(Event.objects.filter(ticket_id=ticket.pk).order_by("number"))
    rounds = [e.changes["+automation"][0]["round"] for e in history if "+automation" in e.changes]
    assert rounds == list(range(1, guard.ROUNDS + 1))
    last = history[-1]
    assert (last.verb, last.cause, last.side) == ("automation_stopped", f"automation:{off.pk}", "system")
    assert last.changes["+automation_stopped"][0]["name"] == off.name == "Up"
    assert off.stopped_on == ticket.pk and off.stopped_at
    assert Ticket.objects.get(pk=ticket.pk).priority == "low", "what went too far was taken back"
    logged = SecurityEvent.objects.get(verb="automation.stopped")
    assert (logged.organization_id, logged.subject) == (world.house.pk, "Up")
    told = Notification.objects.filter(event_id=last.pk).values_list("person_id", "what")
    assert list(told) == [(world.mona.pk, "stopped")]
    assert Run.objects.order_by("id").last().outcome == "stopped"


def test_the_next_cause_begins_anew_and_the_stopped_one_can_be_switched_on_again(world):
    up, _down = pair(world)
    ticket, by = world.ticket(priority="normal"), {"by": world.actor("anna"), "via": "test"}
    commands.edit(ticket, {"priority": "low"}, **by)
    drain()
    assert_stopped(world, ticket)
    commands.edit(ticket, {"priority": "normal"}, **by)
    commands.edit(ticket, {"priority": "high"}, **by)
    drain()
    assert Ticket.objects.get(pk=ticket.pk).priority == "low", "the one left does its work"
    up.refresh_from_db()
    keeping.switch(up, True, by=world.actor("mona"))
    up.refresh_from_db()
    assert up.is_active and up.stopped_at is None


def test_two_that_undo_each_other_by_the_hour_are_stopped_as_well(world):
    opened = automation(world, Time(1, "status"), "status:open", name="Hold", values={"status": "on_hold"})
    held = automation(world, Time(1, "status"), "status:waiting", name="Go on", values={"status": "in_progress"})
    ticket, now = world.ticket(), edits.now()
    for hour in range(1, guard.ROUNDS + 3):
        ages(1)
        run_tick("automation.time", now + dt.timedelta(hours=hour))
    rounds = list(Run.objects.filter(outcome="done").order_by("id").values_list("round", flat=True))
    assert rounds == list(range(1, guard.ROUNDS + 1)), "one chain, however slow"
    assert [row.is_active for row in Automation.objects.filter(pk__in=(opened.pk, held.pk)).order_by("pk")] == [
        False,
        True,
    ]
    assert Event.objects.filter(ticket_id=ticket.pk).latest("number").verb == "automation_stopped"


def test_a_hundred_effects_of_one_cause_are_enough(world):
    for n in range(3):
        automation(world, On(of=["created", "note_added"]), name=f"{n}", text=f"note {n}", internal=True)
    ticket = world.ticket()
    drain()
    assert Run.objects.filter(effect_id__isnull=False).count() == guard.EFFECTS
    assert not Automation.objects.filter(is_active=True).exists(), "each that would go on"
    assert Event.objects.filter(ticket_id=ticket.pk, verb="automation_stopped").count() == 3


def test_a_chain_that_comes_to_rest_by_itself_is_left_alone(world):
    steps = ["very_low", "low", "normal", "high", "very_high", "major"]
    for before, after in itertools.pairwise(steps):
        automation(world, On(["changed"], "priority", before), name=before, values={"priority": after})
    ticket = world.ticket(priority="major")
    commands.edit(ticket, {"priority": "very_low"}, by=world.actor("anna"), via="test")
    drain()
    assert Ticket.objects.get(pk=ticket.pk).priority == "major"
    assert Automation.objects.filter(is_active=True).count() == 5
    roots = set(Run.objects.filter(effect_id__isnull=False).values_list("root_id", flat=True))
    assert len(roots) == 1 and max(Run.objects.values_list("round", flat=True)) == 5
