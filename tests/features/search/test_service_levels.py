"""Where the clocks stand as a term of the query language: sla:breached, sla:soon, sla:paused, sla:met (PL-104)."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from polydesk.directory.models import SlaPolicy
from polydesk.features import search, sla
from polydesk.tickets import commands

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-104")]
HOUR = dt.timedelta(hours=1)
MONDAY = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


def test_lists_ask_where_the_clocks_stand(world):
    anna = world.actor("anna")
    with time_machine.travel(MONDAY, tick=False) as clock:
        gold = SlaPolicy.objects.create(organization=world.house, name="Gold")
        sla.promise(gold, resolution=480)

        def made(title, **facts):
            return commands.create("incident", {"title": title, **facts}, by=anna, via="test")

        made("late", sla=gold.pk)
        kept = made("kept", sla=gold.pk)
        made("uncovered and late", due_at=MONDAY + HOUR)
        commands.edit(kept, {"status": "solved"}, by=anna, via="test")
        clock.move_to(MONDAY + 6 * HOUR)
        waits = made("waits", sla=gold.pk)
        commands.edit(waits, {"status": "waiting_customer"}, by=anna, via="test")
        made("early", sla=gold.pk)
        made("uncovered and soon", due_at=MONDAY + 12 * HOUR)
        clock.move_to(MONDAY + 11 * HOUR)

        def titles(q):
            return sorted(t.title for t in search.tickets(anna, q))

        assert titles("sla:breached") == ["late", "uncovered and late"]
        assert titles("sla:soon") == ["early", "uncovered and soon"]
        assert titles("sla:paused") == ["waits"] and titles("sla:met") == ["kept"]
        assert titles("sla:gold -sla:breached status:open") == ["early", "waits"]
        assert timezone.now() == MONDAY + 11 * HOUR
        with pytest.raises(search.QueryError):
            search.tickets(world.actor("carl"), "sla:breached").count()
