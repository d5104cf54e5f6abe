"""Triage: one untriaged ticket at a time, by plain forms and by keys (PL-203, PL-212)."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from polydesk.faces.desk.models import Draft
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment
from polydesk.web.testing import count_statements
from tests.faces.desk import world as worlds
from tests.faces.desk.conftest import LATER
from tests.faces.desk.test_forms import fresh, hidden, text

pytestmark = [pytest.mark.spec("PL-203")]


@pytest.fixture
def three(request):
    """Three more tickets that nobody has looked at, beside the one of the world."""
    world = request.getfixturevalue("world")
    titles = ("The scanner blinks", "No sound in room 7", "Badge does not open")
    facts = {"requester": world.ada.pk, "description": "Since this morning."}
    return [commands.create("incident", {"title": title, **facts}, by=world.by, via="email") for title in titles]


def shown(page):
    return int(re.search(r'data-ticket="(\d+)"', page)[1])


def action(page):
    return re.search(r'action="(/triage/[^"]+)"', page)[1].replace("&amp;", "&")


@pytest.mark.django_db
def test_the_walk_goes_from_the_oldest_to_the_end_by_plain_forms(world, tess, three):
    vpn = world.tickets[1]
    page = text(tess.get("/triage"))
    assert shown(page) == vpn.pk and "1 of 4" in page and "Hold" not in page
    answer = tess.post(action(page), {"assignee": world.max.pk, "was_assignee": "", "priority": "high", "do": "save"})
    assert (fresh(vpn).assignee, fresh(vpn).priority, fresh(vpn).status) == (world.max, "high", "assigned")
    page = text(tess.get(answer["Location"]))
    assert shown(page) == three[0].pk and "2 of 4" in page and "Undo" in page
    page = text(tess.get(re.search(r'data-skip href="([^"]+)"', page)[1].replace("&amp;", "&")))
    assert shown(page) == three[1].pk and "3 of 4" in page
    answer = tess.post(action(page), {"text": "Turn the volume up.", "do": "solve"})
    drain(ahead=LATER)
    assert fresh(three[1]).status == "solved" and Comment.objects.filter(text="Turn the volume up.").exists()
    later = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
    page = text(tess.get(answer["Location"]))
    answer = tess.post(action(page), {"follow_up_on": later, "was_follow_up_on": "", "do": "save"})
    page = text(tess.get(answer["Location"]))
    assert "You have looked at 4 tickets; 1 still wait" in page, "what was skipped is left, what rests is not"


@pytest.mark.django_db
def test_what_is_refused_or_changed_meanwhile_comes_back_with_what_was_chosen(world, tess, three):
    page = text(tess.get("/triage"))
    commands.edit(shown(page), {"urgency": 4}, by=world.as_max, via="web")
    typed = {"priority": "low", "was_priority": "normal", "version": hidden(page, "version"), "text": "Half a reply"}
    answer = tess.post(action(page), typed)
    page = text(answer)
    assert answer.status_code == 409 and "Somebody has changed" in page and "Half a reply" in page
    assert '<option value="low" selected' in page
    answer = tess.post(action(page), typed | {"version": hidden(page, "version")})
    assert answer.status_code == 302 and fresh(world.tickets[1]).priority == "low"
    answer = tess.post(action(page), {"follow_up_on": "soon", "text": "x"})
    assert answer.status_code == 422 and "Give a date" in text(answer)


@pytest.mark.django_db
def test_a_view_is_walked_and_foreign_tickets_are_not_there(world, tess, three):
    page = text(tess.get("/triage", {"q": "title:badge"}))
    assert shown(page) == three[2].pk and "1 of 1" in page
    assert tess.post(f"/triage/{world.foreign.pk}", {"priority": "low"}).status_code == 404
    assert "waits to be sorted" in text(tess.get("/triage", {"q": "title:teapot"}))


@pytest.mark.django_db
@pytest.mark.spec("PL-304")
def test_triage_costs_the_same_however_much_waits(world, tess, three):
    tess.get("/triage")
    with count_statements() as few:
        tess.get("/triage")
    for n in range(5):
        commands.create("incident", {"title": f"One more {n}"}, by=world.by, via="web")
    with count_statements() as many:
        tess.get("/triage")
    assert len(many) == len(few) <= 42, "\n".join(many.sql)


class TestInABrowser:
    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-212")]

    @pytest.fixture
    def world(self, transactional_db):
        return worlds.build()

    @pytest.fixture
    def desk(self, world, three, live_server, page):
        from tests.faces.desk.test_walk import enter

        enter(page, live_server, world.tess)
        page.goto(live_server.url)
        return page

    @pytest.mark.spec("PL-209")
    def test_by_keys_alone(self, world, desk, three):
        vpn = world.tickets[1]
        with desk.expect_response(lambda answer: "/triage?" in answer.url and f"from={vpn.pk}" in answer.url):
            desk.keyboard.press("t")
        expect(desk.locator("#triage-at")).to_have_text("1 of 4")
        desk.keyboard.press("m")
        desk.keyboard.press("5")
        chosen = desk.input_value("#p-priority")
        with desk.expect_response(lambda answer: f"from={three[0].pk}" in answer.url):
            desk.keyboard.press("Enter")
            expect(desk.locator("#triage-at")).to_have_text("2 of 4")
        desk.wait_for_selector(f".toast >> text=#{vpn.pk}")
        assert (fresh(vpn).assignee, fresh(vpn).priority) == (world.tess, chosen)
        desk.keyboard.press("r")
        desk.keyboard.type("jjj half a reply")
        desk.keyboard.press("Escape")
        with desk.expect_response("**/draft"):
            desk.keyboard.press("j")
        expect(desk.locator("#triage-at")).to_have_text("3 of 4")
        assert Draft.objects.get().text == "jjj half a reply", "a skipped answer waits on its ticket"
        desk.keyboard.press("k")
        expect(desk.locator("#triage-at")).to_have_text("2 of 4")
        desk.keyboard.press("e")
        expect(desk.locator("#triage-at")).to_have_text("3 of 4")
        desk.wait_for_selector(f".toast >> text=#{three[0].pk}")
        assert fresh(three[0]).status == "solved"
        assert desk.problems == []

    @pytest.mark.spec("PL-204")
    def test_what_somebody_else_takes_is_said_and_not_swapped_away(self, world, desk, three):
        with desk.expect_response("**/live?*"):
            desk.goto(f"{desk.url}triage?q=title:scanner")
        commands.assign(three[0].pk, world.max.pk, by=world.as_max, via="web")
        desk.click("text=Somebody else has taken this one")
        desk.wait_for_selector("text=You have looked at 1 tickets")
        assert desk.problems == []
