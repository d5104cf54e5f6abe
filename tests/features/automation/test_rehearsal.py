"""What one would have done, before it is switched on: on the tickets as they were, and without a write."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps

from polydesk.features.automation import past, rehearsal
from polydesk.features.automation.recipe import Event as On
from polydesk.features.automation.recipe import Time
from polydesk.jobs.testing import drain
from polydesk.tickets import commands, edits
from polydesk.tickets.models import CustomField, Event, Tag, Ticket
from polydesk.web.testing import count_statements

from .test_running import ages, by

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-030")]


def told(row, days=30):
    done = rehearsal.rehearse(row, days=days)
    return [(one.ticket_id, one.sets) for one in done.firings]


def everything():
    return {m._meta.label: m._default_manager.count() for m in apps.get_models() if m._meta.managed}


def test_it_tells_each_occasion_with_what_it_would_have_set_on_the_ticket_of_then(world, automate):
    vip = Tag.objects.create(organization=world.house, name="vip")
    CustomField.objects.create(organization=world.house, key="floor", name="Floor", type="integer")
    row = automate(
        On(of=["changed"], field="priority"),
        "priority>=high status:open tag:vip team:support field.floor>2 -requester:carl",
        on=False,
        values={"urgency": 5, "status": "escalated"},
        remove_tags=[vip.pk],
    )
    ticket = world.ticket(tags=[vip.pk], assigned_teams=[world.support.pk], fields={"floor": 3})
    commands.edit(ticket, {"priority": "high"}, **by(world))
    commands.edit(ticket, {"urgency": 5}, **by(world))
    commands.edit(ticket, {"priority": "major"}, **by(world))
    without = (
        {"tags": []},
        {"tags": [vip.pk], "assigned_teams": []},
        {"assigned_teams": [world.support.pk], "fields": {"floor": 1}},
        {"fields": {"floor": 3}, "requester": world.carl.pk},
    )
    for values in without:
        commands.edit(ticket, values, **by(world))
        commands.edit(ticket, {"priority": "low"}, **by(world))
        commands.edit(ticket, {"priority": "high"}, **by(world))
    commands.close(ticket, **by(world))
    before, kept = everything(), Ticket.objects.filter(pk=ticket.pk).values().get()
    assert told(row) == [
        (ticket.pk, {"status": ["new", "escalated"], "tags": [[vip.pk], []]}),
        (ticket.pk, {"urgency": [None, 5], "status": ["new", "escalated"], "tags": [[vip.pk], []]}),
    ]
    assert everything() == before and Ticket.objects.filter(pk=ticket.pk).values().get() == kept


def test_a_rehearsal_is_what_then_happens(world, automate):
    """What it tells of events is what those very events set off once it is on."""
    facts = {"values": {"urgency": 4}, "text": "Seen"}
    rehearsed = automate(On(of=["created"]), "created<1d kind:incident priority>=high", on=False, **facts)
    row = automate(On(of=["created"]), "created<1d kind:incident priority>=high", **facts)
    for kind in ("incident", "request"):
        for priority in ("low", "high"):
            world.ticket(kind=kind, priority=priority)
    drain()
    acted = list(row.runs.filter(outcome="done").values_list("event_id", flat=True))
    ages(24 * 5)
    assert [one.event_id for one in rehearsal.rehearse(rehearsed, days=30).firings] == acted != []


def test_time_is_rehearsed_as_well(world, automate):
    row = automate(
        Time(hours=24, since="status"), "status:waiting assignee:none", on=False, values={"status": "closed"}
    )
    left, taken, quick = (world.ticket(status="on_hold") for _ in range(3))
    ages(10)
    commands.edit(quick, {"status": "in_progress"}, **by(world))
    commands.edit(taken, {"assignee": world.bob.pk}, **by(world))
    ages(20)
    commands.edit(left, {"status": "in_progress"}, **by(world))
    assert told(row) == [(left.pk, {"status": ["on_hold", "closed"]})]
    firing = rehearsal.rehearse(row, days=30).firings[0]
    opened = Event.objects.get(pk=firing.event_id)
    assert firing.at - opened.at == dt.timedelta(hours=24)


@pytest.mark.spec("PL-302")
def test_it_looks_at_so_many_events_and_says_so(world, automate, monkeypatch):
    row = automate(On(of=["created"]), "is:open", on=False, text="x")
    for _ in range(6):
        world.ticket()
    done = rehearsal.rehearse(row, days=30)
    assert (len(done.firings), done.tickets, done.looked_at, done.is_cut) == (6, 6, 6, False)
    with count_statements() as few:
        rehearsal.rehearse(row, days=30)
    monkeypatch.setattr(rehearsal, "LOOKED_AT", 4)
    cut = rehearsal.rehearse(row, days=30)
    assert (len(cut.firings), cut.looked_at, cut.is_cut) == (4, 4, True)
    monkeypatch.setattr(rehearsal, "LOOKED_AT", 2000)
    for _ in range(10):
        world.ticket()
    with count_statements() as many:
        rehearsal.rehearse(row, days=30)
    assert len(few) == len(many) <= 5
    ages(24 * 31)
    assert rehearsal.rehearse(row, days=30).firings == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "is:open",
        "assignee:bob",
        "tag:none",
        "team:support",
        "due<1d",
        "created<2h",
        "assigned:anna",
        "printer",
        "has:comment",
    ],
)
def test_the_rows_of_today_are_found_like_the_tickets_themselves(world, query):
    from polydesk.features.automation import abilities

    system = world.actor("mona")
    made = [world.ticket(), world.ticket(assignee=world.bob.pk, assigned_people=[world.anna.pk], title="Screen")]
    made.append(world.ticket(assigned_teams=[world.support.pk], due_at=edits.now() + dt.timedelta(hours=3)))
    commands.comment(made[0], "x", **by(world))
    commands.close(made[1], **by(world))
    rows = past.rows_now(Ticket.objects.filter(organization=world.house))
    now = edits.now()
    here = {t.pk for t in abilities.find(system, query)}
    assert past.found(world.house.pk, query, [(row, now) for row in rows.values()], now) == here
