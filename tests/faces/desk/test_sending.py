"""A reply is held for ten seconds on the server: taken back, or sent once, and never lost (PL-205)."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from polydesk.faces.desk import sending
from polydesk.faces.desk.models import Draft, Held
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Event
from polydesk.web import files
from tests.faces.desk import world as worlds
from tests.faces.desk.conftest import HELD, LATER, signed_in
from tests.faces.desk.test_forms import fresh, text
from tests.faces.desk.test_walk import enter

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-205")]


@pytest.fixture
def printer(world):
    return world.tickets[0]


def reply(client, ticket, words="On my way.", **more):
    return client.post(f"/t/{ticket.pk}/comments", {"mode": "reply", "text": words, **more}, follow=True)


def written(ticket):
    return list(Comment.objects.filter(ticket=ticket, text="On my way.").values_list("internal", flat=True))


def test_a_reply_waits_on_the_server_shown_to_its_author_alone_and_is_sent_once(world, tess, printer):
    page = text(reply(tess, printer, then="waiting_customer"))
    assert "Will be sent in" in page and "On my way." in page and "/held/" in page
    assert written(printer) == [] and fresh(printer).status == "assigned"
    assert "Will be sent" in text(tess.get("/")), "every page offers to take it back while it can be"
    assert "On my way." not in text(signed_in(world.max).get(f"/t/{printer.pk}"))
    drain()
    assert written(printer) == [], "not before its time"
    assert drain(ahead=LATER) >= 1
    drain(ahead=LATER)
    assert written(printer) == [False] and fresh(printer).status == "waiting_customer"
    assert not Held.objects.exists() and "/held/" not in text(tess.get(f"/t/{printer.pk}"))
    event = Event.objects.filter(ticket_id=printer.pk).latest("number")
    assert (event.actor_id, event.via) == (world.tess.pk, "web")


def test_ten_seconds_are_the_time_to_think_again(world, tess, printer, monkeypatch):
    monkeypatch.setattr(sending, "HOLD", HELD)
    before = timezone.now()
    reply(tess, printer)
    assert before + HELD <= Held.objects.get().due <= timezone.now() + HELD and HELD.total_seconds() == 10
    assert Job.objects.get(kind="desk.send").due == Held.objects.get().due


def test_undo_gives_text_and_files_back_and_nothing_is_sent(world, tess, printer):
    page = text(reply(tess, printer, files=SimpleUploadedFile("fuser.txt", b"E-52")))
    tess.post(f"/t/{printer.pk}/draft", {"text": "Begun since", "mode": "note"})
    answer = tess.post(re.search(r"/held/\d+/undo", page)[0])
    assert answer["Location"] == f"/t/{printer.pk}#composer"
    page = text(tess.get(f"/t/{printer.pk}"))
    assert "On my way.\n\nBegun since</textarea>" in page and 'id="mode-reply" checked' in page and "fuser.txt" in page
    drain(ahead=LATER)
    assert written(printer) == [] and not Held.objects.exists()
    kept = re.search(r'name="kept" value="(\w+)" checked', page)[1]
    reply(tess, printer, kept=[kept, "0" * 64])
    drain(ahead=LATER)
    assert written(printer) == [False] and "fuser.txt" in text(tess.get(f"/t/{printer.pk}"))
    assert not Draft.objects.exists()


def test_only_its_author_takes_a_reply_back_and_only_before_it_is_sent(world, tess, printer):
    address = re.search(r"/held/\d+/undo", text(reply(tess, printer)))[0]
    assert "sent already" in text(signed_in(world.max).post(address, follow=True))
    drain(ahead=LATER)
    assert written(printer) == [False]
    assert "sent already" in text(tess.post(address, follow=True)) and written(printer) == [False]


def test_what_is_wrong_is_told_at_once_and_nothing_typed_is_lost(world, tess, printer):
    file = SimpleUploadedFile("fuser.txt", b"E-52")
    answer = reply(tess, printer, words="/assign qqq", files=file)
    assert answer.status_code == 422 and "/assign qqq" in text(answer) and "fuser.txt" in text(answer)
    assert not Held.objects.exists() and not Job.objects.filter(kind="desk.send").exists()


def test_what_can_no_longer_be_sent_waits_with_the_reason(world, tess, printer):
    reply(tess, printer)
    commands.merge([printer.pk], world.tickets[1].pk, by=world.as_max, via="web")
    drain(ahead=LATER)
    page = text(tess.get(f"/t/{printer.pk}"))
    assert "Not sent:" in page and "On my way." in page and written(printer) == []
    tess.post(re.search(r"/held/\d+/undo", page)[0])
    assert Draft.objects.get().text == "On my way."


def test_a_worker_that_dies_in_the_middle_sends_once(world, tess, printer, monkeypatch):
    reply(tess, printer)
    right, calls = sending._send_now, []

    def dies_once(held):
        right(held)
        calls.append(held.pk)
        if len(calls) == 1:
            raise RuntimeError("killed")

    monkeypatch.setattr(sending, "_send_now", dies_once)
    with pytest.raises(RuntimeError):
        drain(ahead=LATER)
    assert written(printer) == [] and Held.objects.exists(), "the row outlives the worker"
    drain(ahead=LATER * 2)
    assert written(printer) == [False] and not Held.objects.exists()


def test_notes_commands_and_whoever_wants_it_so_are_not_held(world, tess, printer):
    tess.post(f"/t/{printer.pk}/comments", {"mode": "note", "text": "Inside."})
    assert Comment.objects.filter(text="Inside.").exists()
    reply(tess, printer, words="/priority low")
    assert fresh(printer).priority == "low"
    tess.post("/profile", {"name": "Tess", "hold": "off"})
    page = text(reply(tess, printer))
    assert written(printer) == [False] and "/undo/" in page
    tess.post(re.search(r'action="(/undo/\d+)"', page)[1])
    assert not Comment.objects.filter(text="On my way.", deleted_at=None).exists()


def test_files_of_drafts_are_spared_by_the_sweeper(world, tess, printer):
    import os

    from polydesk.faces.desk.ticks import keep_files

    reply(tess, printer, words="/assign qqq", files=SimpleUploadedFile("fuser.txt", b"E-52 and more"))
    stored = files.path(Draft.objects.get().files[0]["sha256"])
    os.utime(stored, (1, 1))
    keep_files(None)
    assert files.sweep(lambda digests: set()) == 0 or stored.exists()
    assert stored.exists()


def change(client, ticket, name, value):
    return client.post(f"/t/{ticket.pk}/change/{name}", {name: value}, follow=True)


DONE = {
    "status": lambda c, w: change(c, w.tickets[0], "status", "in_progress"),
    "assignee": lambda c, w: change(c, w.tickets[0], "assignee", w.max.pk),
    "in place": lambda c, w: c.post(
        f"/t/{w.tickets[0].pk}/properties", {"version": 1, "was_priority": "high", "priority": "low"}, follow=True
    ),
    "bulk": lambda c, w: c.post(
        "/bulk", {"ticket": [t.pk for t in w.tickets[:2]], "do": "edit", "priority": "very_low"}, follow=True
    ),
    "bulk merge": lambda c, w: c.post("/bulk", {"ticket": [t.pk for t in w.tickets[:3]], "do": "merge"}, follow=True),
    "merge": lambda c, w: c.post(f"/t/{w.tickets[0].pk}/merge", {"number": w.tickets[1].pk}, follow=True),
}


def test_each_change_offers_to_be_taken_back(world, tess):
    def state():
        return [
            (
                t.status,
                t.assignee_id,
                t.priority,
                t.merged_into_id,
                Comment.objects.filter(ticket=t, deleted_at=None).count(),
            )
            for t in map(fresh, world.tickets[:3])
        ]

    before = state()
    for what, act in DONE.items():
        page = text(act(tess, world))
        assert state() != before, what
        toast = re.search(r'<form method="post" action="(/undo/\d+)" data-undo>(.*?)</form>', page, re.S)
        others = re.findall(r'name="also" value="(\d+)"', toast[2])
        assert "Undone." in text(tess.post(toast[1], {"also": others}, follow=True)), what
        assert state() == before, what


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("PL-212")
def test_in_a_browser_the_seconds_run_and_undo_gives_the_text_back(transactional_db, live_server, page):
    world = worlds.build()
    enter(page, live_server, world.tess)
    page.goto(f"{live_server.url}/t/{world.tickets[0].pk}?view=all")
    page.keyboard.press("r")
    page.keyboard.type("On my way.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast[data-held]")
    assert page.input_value("#composer-text") == "" and page.locator(".entry.unsent >> text=On my way.").count() == 1
    page.click(".strip-list >> text=payroll")
    page.wait_for_selector("#thread h1 >> text=payroll")
    expect(page.locator(".toast[data-held]")).to_have_count(1)
    left = int(page.inner_text(".toast[data-held] b"))
    expect(page.locator(".toast[data-held] b")).not_to_have_text(str(left))
    page.reload()
    expect(page.locator(".toast[data-held]")).to_have_count(1)
    page.keyboard.press("z")
    page.wait_for_url(f"**/t/{world.tickets[0].pk}#composer")
    expect(page.locator("#composer-text")).to_have_value("On my way.")
    expect(page.locator("#composer-text")).to_be_focused()
    drain(ahead=LATER)
    assert written(world.tickets[0]) == [] and page.problems == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("PL-212", "PL-202")
def test_keys_pressed_before_the_composer_s_script_is_there_are_not_lost(transactional_db, live_server, page):
    world = worlds.build()
    enter(page, live_server, world.tess)
    waiting = []
    page.route("**/composer*.js", lambda request: waiting.append(request))
    page.goto(f"{live_server.url}/t/{world.tickets[0].pk}?view=all")
    page.keyboard.press("r")
    page.keyboard.type("/")
    waiting.pop().continue_()
    page.wait_for_selector(".complete [role=option]")
    page.goto(f"{live_server.url}/t/{world.tickets[0].pk}?view=all")
    page.keyboard.press("r")
    page.keyboard.type("On my way.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast[data-held]")
    page.keyboard.press("n")
    page.keyboard.type("Called back.")
    expect(page.locator("#composer-text")).to_have_value("Called back.")
    expect(page.locator("#mode-note")).to_be_checked()
    assert waiting and page.problems == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("PL-202", "PL-212")
def test_in_a_browser_the_mouse_sends_and_sets_the_status_that_the_button_names(transactional_db, live_server, page):
    world = worlds.build()
    enter(page, live_server, world.tess)
    for ticket, status in zip(world.tickets, ("waiting_customer", "on_hold"), strict=False):
        page.goto(f"{live_server.url}/t/{ticket.pk}")
        page.fill("#composer-text", "On my way.")
        if status == "waiting_customer":
            page.click("#composer .when-reply > [data-send]")
        else:
            page.click("#composer .when-reply summary")
            page.click(f"#composer .when-reply .sheet [value={status}]")
        page.wait_for_selector(".entry.unsent")
        assert Held.objects.get(ticket=ticket).then == status
    assert page.problems == []
