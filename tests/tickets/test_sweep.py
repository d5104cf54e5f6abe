"""Uploads that wait for their ticket, and what becomes of those that wait in vain."""

import datetime as dt

import pytest

from polydesk.tickets import commands
from polydesk.tickets.commands import NewFile
from polydesk.tickets.models import Attachment
from polydesk.tickets.sweep import sweep

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RS-011", "SE-154")
def test_an_upload_waits_for_a_day_and_one_on_a_ticket_stays(world):
    anna = world.actor("anna")
    taken, waiting = (commands.upload(NewFile(name, 3, "a" * 64), by=anna) for name in ("taken.txt", "waiting.txt"))
    commands.attach(world.ticket(), [taken], by=anna, via="test")
    now = dt.datetime.now(dt.UTC)
    assert sweep(now) == 0
    assert sweep(now + dt.timedelta(hours=25)) == 1
    assert list(Attachment.objects.all()) == [taken] and waiting != taken
