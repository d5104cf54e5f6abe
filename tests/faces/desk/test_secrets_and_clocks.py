"""Secrets are shown on demand and written down; service levels show their working."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.utils import timezone

from polydesk.directory.models import SlaPolicy
from polydesk.features import sla, vault
from polydesk.features.sla.models import Calendar
from polydesk.features.vault.models import Secret, Viewing
from polydesk.tickets import commands
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = pytest.mark.django_db
VALUE = "correct-horse-42"


def handed_over(world, **facts):
    from polydesk.directory import actors

    by = actors.of(world.carol)
    secret = vault.put("Root password", VALUE, by=by, **facts)
    values = {"title": "Server down", "requester": world.carol.pk, "company": world.ada_company.pk}
    ticket = commands.create("request", values, by=by, via="selectel", also=(vault.hang([secret]),))
    return secret, ticket, f"/t/{ticket.pk}/secrets/{secret.pk}"


@pytest.mark.spec("RC-096", "PL-202")
def test_a_secret_is_shown_once_to_who_asks_and_written_down(world, tess):
    _secret, ticket, where = handed_over(world, view_once=True)
    page = text(tess.get(f"/t/{ticket.pk}"))
    assert "Root password" in page and where in page and VALUE not in page
    asked = tess.get(where)
    assert VALUE not in text(asked) and "destroyed then" in text(asked) and not Viewing.objects.exists()
    shown = tess.post(where)
    assert VALUE in text(shown) and shown["Cache-Control"] == "no-store"
    again = tess.post(where)
    assert again.status_code == 410 and VALUE not in text(again) and "destroyed" in text(again)
    assert list(Viewing.objects.values_list("person_id", "via", "outcome")) == [
        (world.tess.pk, "web", "shown"),
        (world.tess.pk, "web", "used"),
    ]
    assert "Tess Technician was shown it" in text(tess.get(where)) and not Secret.objects.get().sealed
    for path in (f"/t/{ticket.pk}", f"/t/{ticket.pk}/history", "/admin/log"):
        assert VALUE not in text(tess.get(path)), path


@pytest.mark.spec("RC-096")
def test_who_may_not_see_it_and_what_expired(world, tess):
    secret, _ticket, where = handed_over(world, expires_at=timezone.now() + dt.timedelta(days=1))
    assert signed_in(world.other).post(where).status_code == 404
    assert tess.post(f"/t/{world.tickets[0].pk}/secrets/{secret.pk}").status_code == 404, "only where it hangs"
    assert signed_in(world.carol).post(where)["Location"] == "/portal/"
    assert tess.get(where).status_code == 200 and VALUE in text(tess.post(where))
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        late = signed_in(world.tess).post(where)
        assert late.status_code == 410 and "expired" in text(late)


@pytest.mark.spec("RC-096")
def test_an_agent_keeps_a_secret_for_the_team(world, tess):
    ticket = world.tickets[0]
    assert tess.get(f"/t/{ticket.pk}/secrets").status_code == 200
    wrong = tess.post(f"/t/{ticket.pk}/secrets", {"title": "", "value": VALUE})
    assert wrong.status_code == 422 and VALUE not in text(wrong)
    page = text(tess.post(f"/t/{ticket.pk}/secrets", {"title": "Door code", "value": VALUE, "days": "3"}, follow=True))
    secret = Secret.objects.get()
    assert "Door code" in page and VALUE not in page and VALUE not in secret.sealed
    assert dt.timedelta(days=2) < secret.expires_at - timezone.now() < dt.timedelta(days=4)
    assert VALUE in text(signed_in(world.max).post(f"/t/{ticket.pk}/secrets/{secret.pk}"))
    assert "handed over the secret" in text(tess.get(f"/t/{ticket.pk}/history"))


@pytest.mark.spec("RC-090", "AT-322")
def test_the_working_of_a_clock_is_shown_interval_by_interval(world):
    monday = dt.datetime(2026, 5, 25, 10, 0, tzinfo=dt.UTC)
    office = Calendar.objects.create(
        organization=world.acme,
        name="Office",
        week={day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        days=[{"date": "2026-05-26", "name": "Feast"}],
    )
    policy = SlaPolicy.objects.create(organization=world.acme, name="Gold", is_default=True)
    sla.promise(policy, response=60, resolution=12 * 60, calendar=office)
    with time_machine.travel(monday, tick=False) as clock:
        ticket = commands.create("incident", {"title": "Timed", "requester": world.ada.pk}, by=world.by, via="web")
        clock.shift(dt.timedelta(minutes=30))
        commands.comment(ticket, "On it.", by=world.by, via="web", values={"status": "waiting_customer"})
        clock.shift(dt.timedelta(hours=2))
        commands.edit(ticket, {"status": "open"}, by=world.by, via="web")
        clock.move_to(dt.datetime(2026, 5, 27, 11, 0, tzinfo=dt.UTC))
        tess = signed_in(world.tess)
        page = text(tess.get(f"/t/{ticket.pk}"))
        assert f'href="/t/{ticket.pk}/clock"' in page and "First response in time" in page
        working = text(tess.get(f"/t/{ticket.pk}/clock"))
    rows = re.findall(r"<td>([^<]+)</td><td class=\"end\">(.*?)</td>", working)
    resolution = [(why, re.sub(r"<[^>]+>", "", counted)) for why, counted in rows[:7]]
    assert resolution == [
        ("business hours", "30 min"),
        ("stood still in Waiting for customer", "–"),
        ("business hours", "4 h 30 min"),
        ("outside business hours", "–"),
        ("holiday: Feast", "–"),
        ("outside business hours", "–"),
        ("business hours", "2 h 00 min"),
    ]
    assert "7 h 00 min counted" in working and "reached in time" in working and "<svg" in working
    assert signed_in(world.tess).get(f"/t/{world.tickets[1].pk}/clock").status_code == 404
