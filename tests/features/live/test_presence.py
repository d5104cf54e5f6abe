"""Who is at a ticket is forgotten when nobody says it any more (PL-108)."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from polydesk.features.live import presence
from polydesk.features.live.models import Presence
from polydesk.jobs.testing import run_tick

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-108")]
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


def test_writing_lapses_to_viewing_and_viewing_to_nothing(world):
    ticket, bob = world.ticket(), world.actor("bob")
    with time_machine.travel(NOW, tick=False) as clock:
        presence.note(bob, ticket.pk, writing=True)
        assert [p.doing for p in presence.on(ticket.pk)] == ["writing"]
        clock.shift(presence.WRITES)
        assert [p.doing for p in presence.on(ticket.pk)] == ["viewing"]
        presence.note(bob, ticket.pk)
        clock.shift(presence.LASTS)
        assert presence.on(ticket.pk) == [] and presence.within(world.house.pk) == {}
        clock.shift(dt.timedelta(minutes=10))
        run_tick("live.forget")
        assert not Presence.objects.exists()
