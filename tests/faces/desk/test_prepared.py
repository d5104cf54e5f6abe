"""Canned replies and macros by plain forms: written, shared, picked, looked at, applied, undone."""

from __future__ import annotations

import re

import pytest

from polydesk.features.macros.models import Macro
from polydesk.features.replies.models import CannedReply
from polydesk.tickets.models import Comment, Event, Tag, Ticket
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import fresh, hidden, text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-202")]

REPLY = {
    "name": "Ask for the serial",
    "folder": "Printers",
    "shortcut": "/Serial",
    "body": "Dear {{requester.first_name}},\nwhich serial number has it? {{user.password}}{{7*7}}\n{{agent.name}}",
    "is_active": "on",
}
FILLED = "Dear Ada,\nwhich serial number has it? \nTess Technician"
MACRO = {
    "name": "To the supplier",
    "set_status": "waiting_supplier",
    "set_priority": "low",
    "set_assignee": "me",
    "set_team": "-",
    "add_tags": "supplier, warranty",
    "text": "Hello {{requester.name}}, **a part** is ordered.",
    "team": "all",
    "is_active": "on",
}


@pytest.mark.spec("RS-088")
def test_a_reply_is_written_picked_and_filled(world, tess):
    ticket = world.tickets[0]
    assert tess.get("/replies/new").status_code == 200
    assert tess.post("/replies/new", REPLY).status_code == 302
    row = CannedReply.objects.get()
    assert (row.shortcut, row.owner_id, row.team_id) == ("serial", world.tess.pk, None)
    assert "Ask for the serial" in text(tess.get("/replies"))
    assert f'href="/t/{ticket.pk}?reply={row.pk}"' in text(tess.get(f"/t/{ticket.pk}/replies"))
    page = text(tess.get(f"/t/{ticket.pk}?reply={row.pk}"))
    assert FILLED in page, "without a script the link opens the ticket with the text in its composer"
    assert tess.get(f"/t/{ticket.pk}/replies/{row.pk}").json()["text"] == FILLED
    offered = tess.get(f"/complete?sign=/&q=ser&ticket={ticket.pk}").json()["results"]
    assert offered[0] == {"name": "/serial", "about": "Ask for the serial", "insert": FILLED}
    assert tess.get("/complete?sign=/&q=sta&ticket=1").json()["results"][0]["name"] == "/status"


def test_replies_of_others_are_not_seen_nor_changed(world, tess):
    tess.post("/replies/new", REPLY)
    tess.post("/replies/new", REPLY | {"name": "Ours", "team": "all"})
    own, ours = CannedReply.objects.order_by("pk")
    as_max, as_otto = signed_in(world.max), signed_in(world.other)
    assert as_max.get(f"/replies/{own.pk}").status_code == 404
    shown = text(as_max.get(f"/replies/{ours.pk}"))
    assert "belongs to others" in shown and ">Save<" not in shown
    assert as_max.post(f"/replies/{ours.pk}", REPLY).status_code == 403
    assert as_max.post("/replies/new", REPLY | {"team": "all"}).status_code == 422
    for path in (f"/replies/{ours.pk}", f"/t/{world.foreign.pk}/replies/{ours.pk}"):
        assert as_otto.get(path).status_code == 404
    wrong = tess.post(f"/replies/{own.pk}", REPLY | {"name": "", "shortcut": "two words"})
    assert wrong.status_code == 422 and "small letters" in text(wrong)
    tess.post(f"/replies/{own.pk}", {"remove": "1"})
    assert CannedReply.objects.get() == ours


def make(tess, **facts) -> Macro:
    answer = tess.post("/macros/new", MACRO | facts)
    assert answer.status_code == 302, text(answer)
    return Macro.objects.latest("pk")


def test_a_macro_shows_what_it_changes_then_does_it_in_one_step(world, tess):
    ticket, row = world.tickets[0], make(tess)
    assert row.values == {"status": "waiting_supplier", "priority": "low", "assignee": "me", "assigned_teams": []}
    assert "To the supplier" in text(tess.get("/macros")) and tess.get(f"/macros/{row.pk}").status_code == 200
    assert f"/t/{ticket.pk}/macros/{row.pk}" in text(tess.get(f"/t/{ticket.pk}/macros"))
    before = Event.objects.count()
    page = text(tess.get(f"/t/{ticket.pk}/macros/{row.pk}"))
    flat = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for said in (
        "High → Low",
        "Level I support → empty",
        "supplier, warranty",
        "Hello Ada Lovelace, a part is ordered.",
    ):
        assert said in flat
    assert "<strong>a part</strong>" in page and Event.objects.count() == before
    answer = tess.post(f"/t/{ticket.pk}/macros/{row.pk}", {"version": hidden(page, "version")}, follow=True)
    now = fresh(ticket)
    assert (now.status, now.priority, now.assigned_teams) == ("waiting_supplier", "low", [])
    assert len(now.tags) == 2 and Event.objects.count() == before + 1
    undo = re.search(r'action="(/undo/\d+)"', text(answer))[1]
    tess.post(undo, {"next": f"/t/{ticket.pk}"})
    now = fresh(ticket)
    assert (now.status, now.priority, now.assigned_teams) == ("assigned", "high", [world.level_one.pk])
    assert not now.tags and Comment.objects.filter(ticket=ticket, deleted_at=None).latest("pk").text != "Hello"


@pytest.mark.spec("RS-032")
def test_a_macro_seen_before_somebody_elses_change_is_shown_again(world, tess):
    ticket, row = world.tickets[0], make(tess)
    signed_in(world.max).post(f"/t/{ticket.pk}/properties", {"version": ticket.version, "priority": "major"})
    stale = tess.post(f"/t/{ticket.pk}/macros/{row.pk}", {"version": "1"})
    assert stale.status_code == 409 and "has changed since" in text(stale)
    assert fresh(ticket).status != "waiting_supplier"


@pytest.mark.spec("PL-201", "PL-205")
def test_a_macro_on_many_is_looked_at_applied_and_undone(world, tess):
    row, chosen = make(tess, text=""), [t.pk for t in world.tickets[:3]]
    assert "To the supplier" in text(tess.get("/?view=all"))
    page = text(
        tess.post("/bulk/macro", {"ticket": [*chosen, world.foreign.pk], "macro": row.pk, "next": "/?view=all"})
    )
    assert all(f'name="version_{pk}"' in page for pk in chosen) and "Secret of Globex" not in page
    sent = dict(re.findall(r'name="(version_\d+)" value="(\d+)"', page))
    sent |= {"apply": "1", "macro": row.pk, "ticket": chosen, "next": "/?view=all", "once": hidden(page, "once")}
    answer = tess.post("/bulk/macro", sent, follow=True)
    assert "to 3 tickets" in text(answer)
    assert list(Ticket.objects.filter(pk__in=chosen).values_list("status", flat=True)) == ["waiting_supplier"] * 3
    undo = re.search(r'action="(/undo/\d+)" data-undo>(.*?)</form>', text(answer), re.S)
    also = re.findall(r'name="also" value="(\d+)"', undo[2])
    tess.post(undo[1], {"also": also})
    assert not Ticket.objects.filter(pk__in=chosen, status="waiting_supplier").exists()
    none = tess.post("/bulk/macro", {"macro": row.pk}, follow=True)
    assert "Select tickets" in text(none)


def test_macros_of_others_and_broken_ones(world, tess):
    row = make(tess, team="")
    as_max = signed_in(world.max)
    assert as_max.get(f"/macros/{row.pk}").status_code == as_max.get(f"/t/1/macros/{row.pk}").status_code == 404
    empty = tess.post("/macros/new", {"name": "Nothing", "is_active": "on"})
    assert empty.status_code == 422 and "A macro sets a field" in text(empty)
    wrong = tess.post("/macros/new", MACRO | {"set_priority": "unheard of"})
    assert wrong.status_code == 422 and "Choose one of the list" in text(wrong)
    foreign = Tag.objects.create(organization=world.globex, name="theirs")
    assert foreign.pk not in row.add_tags
