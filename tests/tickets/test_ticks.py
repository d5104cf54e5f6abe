"""Uploads that wait for their ticket, and what becomes of those that wait in vain."""

import datetime as dt

import pytest

from polydesk.jobs.testing import run_tick
from polydesk.tickets import commands
from polydesk.tickets.commands import NewFile
from polydesk.tickets.models import Attachment, Event
from polydesk.tickets.ticks import forget_uploads

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RS-011", "SE-154")
def test_an_upload_waits_for_a_day_and_one_on_a_ticket_stays(world):
    anna = world.actor("anna")
    taken, waiting = (commands.upload(NewFile(name, 3, "a" * 64), by=anna) for name in ("taken.txt", "waiting.txt"))
    commands.attach(world.ticket(), [taken], by=anna, via="test")
    now = dt.datetime.now(dt.UTC)
    assert forget_uploads(now) == 0
    assert forget_uploads(now + dt.timedelta(hours=25)) == 1
    assert list(Attachment.objects.all()) == [taken] and waiting != taken


@pytest.mark.spec("RC-307", "RS-193", "ST-048")
def test_what_is_due_closes_by_itself_once(world):
    world.house.settings = {"auto_close_hours": {"incident": 6}}
    world.house.save()
    long_ago = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    ticket, request = world.ticket(), world.ticket(kind="request", title="other")
    for one in (ticket, request):
        commands.edit(one, {"status": "solved"}, by=world.actor("anna"), via="test", at=long_ago)
    assert run_tick("tickets.settle_due") == 1
    assert run_tick("tickets.settle_due") <= 1
    ticket.refresh_from_db()
    request.refresh_from_db()
    assert (ticket.status, ticket.closed_at, request.status) == ("closed", long_ago + dt.timedelta(hours=6), "solved")
    assert Event.objects.filter(ticket_id=ticket.pk, verb="close").count() == 1
