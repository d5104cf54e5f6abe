"""Two agents at one desk, each in a browser of his own: what one does the other sees (PL-204, PL-212)."""

from __future__ import annotations

import json

import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import expect

from polydesk.features.live import hub, presence
from polydesk.features.live.models import Presence
from polydesk.tickets import commands
from polydesk.tickets.models import Comment
from tests.browsers import quiet_afterwards
from tests.faces.desk import world as worlds
from tests.faces.desk.conftest import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-204", "PL-212")]


@pytest.fixture
def world(transactional_db):
    return worlds.build()


@pytest.fixture
def browser(chromium, live_server):
    """Opens a browser for somebody, at an address."""
    contexts = []

    def opened(person, path="/"):
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        contexts.append(context)
        key = signed_in(person).cookies[django_settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": key.key, "value": key.value, "url": live_server.url}])
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: m.type in ("error", "warning") and page.problems.append(m.text))
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        goto(page, live_server.url + path)
        return page

    with quiet_afterwards():
        yield opened
        for context in contexts:
            context.close()


def goto(page, address):
    """There, and listening."""
    with page.expect_response("**/live?*"):
        page.goto(address)


@pytest.mark.spec("PL-108")
def test_viewers_and_typists_are_shown_and_vanish_again(world, browser):
    printer = world.tickets[0].pk
    tess = browser(world.tess, f"/t/{printer}")
    bob = browser(world.max, f"/t/{printer}")
    tess.wait_for_selector("#presence >> text=Max Kowalski is here")
    bob.wait_for_selector("#presence >> text=Tess Technician is here")
    bob.fill("#composer-text", "I am on it")
    tess.wait_for_selector("#presence >> text=Max Kowalski is writing a reply…")
    bob.goto(bob.url.split("/t/")[0] + "/?view=all")
    tess.wait_for_selector("#presence:not(:has(.avatar))", state="attached")
    assert tess.problems == bob.problems == []


def test_messages_and_properties_of_others_come_into_the_open_ticket_and_touch_nothing_typed(world, browser):
    printer = world.tickets[0]
    tess = browser(world.tess, f"/t/{printer.pk}")
    bob = browser(world.max, f"/t/{printer.pk}")
    tess.fill("#composer-text", "half a thought")
    tess.evaluate("document.querySelector('#composer-text').setSelectionRange(4, 4)")
    bob.click("label:has(#mode-note)")
    bob.fill("#composer-text", "I have the part already.")
    bob.click("text=Keep the note")
    tess.wait_for_selector(".entry.note >> text=I have the part already.")
    bob.select_option("#p-priority", "low")
    expect(tess.locator("#p-priority")).to_have_value("low")
    assert tess.input_value("#composer-text") == "half a thought"
    assert tess.evaluate("[document.activeElement.id, document.activeElement.selectionStart]") == ["composer-text", 4]
    tess.focus("#p-priority")
    commands.edit(printer, {"urgency": 5}, by=world.as_max, via="web")
    tess.wait_for_selector(".change >> text=urgency")
    assert tess.evaluate("document.activeElement.id") == "p-priority", "what is being chosen is not swapped away"
    assert tess.input_value("#p-urgency") != "5"
    tess.focus("#composer-text")
    expect(tess.locator("#p-urgency")).to_have_value("5")
    assert tess.problems == bob.problems == []


def test_rows_and_cards_change_where_they_stand_and_new_ones_wait_behind_a_pill(world, browser):
    tess = browser(world.tess, "/?view=mine&sort=created")
    rows = tess.locator("tr[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
    bob = browser(world.max, f"/t/{rows[1]}")
    tess.check(f"tr[data-row='{rows[0]}'] .pick")
    bob.select_option("#p-status", "waiting_supplier")
    tess.wait_for_selector(f"tr[data-row='{rows[1]}'] .c-status >> text=Waiting")
    vpn = world.tickets[1]
    top = tess.locator(f"tr[data-row='{rows[0]}']").bounding_box()["y"]
    commands.assign(vpn, world.tess.pk, by=world.as_max, via="web")
    tess.wait_for_selector(".news .pill >> text=1 new")
    assert tess.locator(f"tr[data-row='{rows[0]}']").bounding_box()["y"] == top, "nothing jumps"
    commands.close(int(rows[1]), by=world.as_max, via="web")
    tess.wait_for_selector(f"tr.gone[data-row='{rows[1]}']")
    tess.click(".news .pill")
    tess.wait_for_selector(f"tr[data-row='{vpn.pk}']")
    assert not tess.locator(f"tr[data-row='{rows[1]}']").count()
    assert tess.is_checked(f"tr[data-row='{rows[0]}'] .pick"), "what was picked stays picked"
    goto(tess, tess.url.split("?")[0] + "?q=title:teapot")
    commands.create("incident", {"title": "The teapot leaks"}, by=world.as_max, via="web")
    tess.click(".pill >> text=1 new")
    tess.wait_for_selector("table.tickets >> text=teapot")
    goto(tess, tess.url.split("?")[0] + "board")
    commands.edit(world.tickets[0], {"status": "in_progress"}, by=world.as_max, via="web")
    tess.wait_for_selector(".column[data-status=in_progress] >> text=Printer on floor two")
    assert tess.problems == bob.problems == []


def test_a_reply_after_a_new_message_asks_first_and_keeps_text_and_file(world, browser, monkeypatch):
    printer = world.tickets[0]
    tess = browser(world.tess, f"/t/{printer.pk}")
    tess.fill("#composer-text", "The part comes tomorrow.")
    tess.set_input_files("#composer input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    commands.comment(printer, "It works again, thank you.", by=world.as_max, via="web")
    tess.keyboard.press("Control+Enter")
    tess.wait_for_selector("text=Max Kowalski has written since you began")
    assert tess.input_value("#composer-text") == "The part comes tomorrow."
    assert "It works again" in tess.inner_text("#thread")
    assert tess.inner_text("label.file:has([name=kept]:checked)") == "a.txt"
    assert not Comment.objects.filter(text__startswith="The part comes").exists()
    assert [p for p in tess.problems if "422" not in p] == []


def test_where_no_stream_comes_through_the_page_asks_now_and_then(world, browser, settings, live_server):
    settings.POLYDESK_STREAMS = 0
    tess = browser(world.tess, f"/t/{world.tickets[0].pk}")
    commands.comment(world.tickets[0], "Heard without a stream.", by=world.as_max, via="web")
    tess.wait_for_selector(".entry >> text=Heard without a stream.", timeout=15_000)
    assert [p for p in tess.problems if "503" not in p] == []


def test_polling_tells_what_is_new_and_where_to_go_on(world):
    client = signed_in(world.tess)
    start = client.get("/live?poll").json()["after"]
    commands.edit(world.tickets[0], {"impact": 4}, by=world.as_max, via="web")
    news = client.get("/live", {"poll": "", "after": start}).json()
    assert [event["ticket"] for event in news["events"]] == [world.tickets[0].pk]
    assert client.get("/live", {"poll": "", "after": news["after"]}).json() == {"after": news["after"], "events": []}
    others = signed_in(world.other).get("/live", {"poll": "", "after": start}).json()["events"]
    assert {event["ticket"] for event in others} <= {world.foreign.pk}


def test_presence_is_for_those_who_may_see_the_ticket_and_lapses(world, monkeypatch):
    tess, ticket = signed_in(world.tess), world.tickets[0].pk
    assert tess.post(f"/t/{world.foreign.pk}/presence", {"doing": "viewing"}).status_code == 404
    tess.post(f"/t/{ticket}/presence", {"doing": "writing"})
    people = json.loads(signed_in(world.max).post(f"/t/{ticket}/presence", {"doing": "viewing"}).content)["people"]
    assert [(p["name"], p["doing"]) for p in people] == [("Max Kowalski", "viewing"), ("Tess Technician", "writing")]
    Presence.objects.filter(person=world.max).update(until="2020-01-01T00:00:00Z")
    assert [p.id for p in presence.on(ticket)] == [world.tess.pk]
    tess.post(f"/t/{ticket}/presence", {"doing": "gone"})
    assert hub.presence.within(world.acme.pk) == {}


@pytest.mark.spec("RS-129")
def test_a_page_that_asks_by_itself_keeps_no_sign_in_alive(world):
    client = signed_in(world.tess)
    client.get("/")
    asleep = {"HTTP_X_OF_ITSELF": "1"}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _hour in range(django_settings.POLYDESK_SESSION_IDLE_HOURS + 1):
            clock.shift(3600)
            client.get("/counts", **asleep)
            answer = client.get("/live?poll", HTTP_ACCEPT="text/event-stream")
    assert answer.status_code == 302 and "login" in answer["Location"]


@pytest.mark.spec("PL-204", "PL-212")
def test_a_row_that_is_being_opened_is_not_replaced_by_what_others_do_meanwhile(world, browser):
    printer, other = world.tickets[0], world.tickets[1]
    tess = browser(world.tess, f"/t/{printer.pk}?view=all")
    rows, opened = [], []
    tess.route("**/*ids=*", lambda request: rows.append(request))
    tess.route(f"**/t/{other.pk}?*", lambda request: opened.append(request))
    with tess.expect_request("**/*ids=*"):
        commands.edit(other, {"title": "Renamed meanwhile"}, by=world.as_max, via="web")
    with tess.expect_request(f"**/t/{other.pk}?*"):
        tess.click(f"#row-{other.pk} a")
    with tess.expect_response("**/*ids=*"):
        rows.pop(0).continue_()
    tess.wait_for_timeout(300)
    opened.pop(0).continue_()
    tess.wait_for_selector("#thread h1 >> text=Renamed meanwhile")
    assert tess.get_attribute("#facts form", "action").startswith(f"/t/{other.pk}/"), "the facts are the other ticket's"
    assert tess.problems == []
