"""The workplace in a real browser: by keys, by mouse, in the dark, on a phone (PL-212)."""

from __future__ import annotations

import gzip
import re
from urllib.parse import unquote

import pytest
from django.db import connection
from playwright.sync_api import expect

from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, CustomField, Ticket
from tests.faces.desk import world as worlds
from tests.faces.desk.conftest import LATER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-212")]


@pytest.fixture
def world(transactional_db):
    return worlds.build()


@pytest.fixture
def desk(world, live_server, page):
    """A page of Tess, signed in without the form (one test uses the form)."""
    enter(page, live_server, world.tess)
    page.goto(live_server.url)
    return page


def enter(page, live_server, person):
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.spec("PL-211")
def test_sign_in_by_password_says_nothing_about_who_exists(world, live_server, page):
    page.goto(live_server.url)
    for name in ("tess", "nobody-at-all"):
        page.fill("[name=login]", name)
        page.fill("[name=password]", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector(".errors")
        assert "are not correct" in page.inner_text(".errors")
    page.fill("[name=login]", "tess")
    page.fill("[name=password]", worlds.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".rail")
    assert page.title() == "Inbox · Acme IT"
    assert page.problems == []


@pytest.mark.spec("PL-203")
def test_triage_by_keys_alone(world, desk):
    printer = world.tickets[0]
    desk.goto(desk.url.rstrip("/") + "/?view=mine&sort=%2Bcreated")
    desk.keyboard.press("j")
    assert desk.locator("tr.here").get_attribute("data-row") == str(printer.pk)
    desk.keyboard.press("p")
    desk.wait_for_selector("#small-dialog[open] select")
    desk.select_option("#small-dialog select", "major")
    desk.keyboard.press("Enter")
    desk.click("#small-dialog .primary")
    desk.wait_for_selector(".toast")
    assert fresh(printer).priority == "major"
    desk.keyboard.press("z")
    desk.wait_for_selector("text=Undone.")
    assert fresh(printer).priority == "high"
    desk.keyboard.press("j")
    desk.keyboard.press("o")
    desk.wait_for_selector("#thread")
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.keyboard.press("y")
    desk.wait_for_selector("text=Link copied:")
    assert desk.evaluate("navigator.clipboard.readText()") == desk.url.partition("?")[0]
    desk.keyboard.press("r")
    assert desk.evaluate("document.activeElement.id") == "composer-text"
    desk.keyboard.type("j k x e")
    assert desk.input_value("#composer-text") == "j k x e", "nothing fires while typing"
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    assert desk.locator("#keys-sheet").is_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("u")
    desk.wait_for_selector("table.tickets")
    assert desk.problems == []


@pytest.mark.spec("PL-202", "PL-205")
def test_a_note_is_kept_and_a_reply_is_sent(world, desk):
    printer = world.tickets[0]
    desk.goto(f"{desk.url}t/{printer.pk}")
    desk.keyboard.press("n")
    desk.keyboard.type("Only for us")
    tint = desk.evaluate("getComputedStyle(document.querySelector('.composer form')).backgroundColor")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".entry.note >> text=Only for us")
    desk.keyboard.press("r")
    assert tint != desk.evaluate("getComputedStyle(document.querySelector('.composer form')).backgroundColor")
    desk.keyboard.type("It is on its way")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".entry.unsent >> text=It is on its way")
    drain(ahead=LATER)
    desk.wait_for_selector(".entry.message >> text=It is on its way")
    assert fresh(printer).status == "waiting_customer"
    assert list(Comment.objects.filter(ticket=printer).values_list("text", "internal"))[-1] == (
        "It is on its way",
        False,
    )
    assert desk.problems == []


@pytest.mark.spec("PL-202", "PL-212")
def test_what_was_unfolded_stays_so_and_keeps_the_focus_after_a_change(world, desk):
    CustomField.objects.create(
        organization=world.acme, key="services", name="Services", type="choices", choices=["mail", "phone", "printing"]
    )
    printer = world.tickets[0]
    desk.goto(f"{desk.url}t/{printer.pk}")
    desk.get_by_text("More fields").click()
    for name in ("mail", "phone"):
        desk.get_by_label(name, exact=True).press("Space")
        desk.wait_for_selector(f".change >> text=set Services {'mail' if name == 'mail' else 'mail, phone'}")
        expect(desk.get_by_label(name, exact=True)).to_be_focused()
    assert fresh(printer).fields["services"] == ["mail", "phone"]
    assert desk.problems == []


@pytest.mark.spec("PL-202")
def test_a_draft_survives_leaving_and_a_property_saves_itself(world, desk):
    printer = world.tickets[0]
    desk.goto(f"{desk.url}t/{printer.pk}")
    desk.keyboard.press("r")
    with desk.expect_response("**/draft"):
        desk.keyboard.type("half a thought")
    desk.reload()
    assert desk.input_value("#composer-text") == "half a thought"
    desk.select_option("#p-status", "waiting_supplier")
    desk.wait_for_selector(".toast")
    assert fresh(printer).status == "waiting_supplier"
    assert desk.input_value("#composer-text") == "half a thought", "a swap loses nothing that was typed"
    assert desk.problems == []


@pytest.mark.spec("PL-201", "PL-205")
def test_select_many_close_them_and_undo(world, desk):
    desk.goto(f"{desk.url}?view=open&sort=created")
    for key in ("j", "x", "j", "x"):
        desk.keyboard.press(key)
    assert "2 selected" in desk.inner_text(".bulk")
    desk.keyboard.press("e")
    desk.wait_for_selector("text=Closed 2 tickets.")
    assert Ticket.objects.filter(status="closed").count() == 3
    desk.keyboard.press("z")
    desk.wait_for_selector("text=Undone.")
    assert Ticket.objects.filter(status="closed").count() == 1
    assert desk.problems == []


@pytest.mark.spec("PL-203")
def test_the_palette_goes_anywhere(world, desk):
    desk.keyboard.press("Control+k")
    desk.keyboard.type("payroll")
    desk.wait_for_selector("#palette [role=option] >> text=payroll")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#thread >> text=payroll")
    desk.keyboard.press("Control+k")
    desk.keyboard.type("assign tess")
    desk.wait_for_selector("#palette [role=option] >> text=Assign: Tess Technician")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".toast")
    assert fresh(world.tickets[2]).assignee == world.tess
    assert desk.problems == []


@pytest.mark.spec("PL-201")
def test_opening_from_the_list_keeps_place_and_filters(world, desk):
    desk.goto(f"{desk.url}?q=status:open+priority>=high&sort=created")
    address = desk.url
    desk.click("text=Printer on floor two")
    desk.wait_for_selector("#thread")
    assert "priority" in desk.inner_text(".strip .bar")
    desk.click(".strip-list >> text=payroll")
    desk.wait_for_selector("#thread h1 >> text=payroll")
    assert f"/t/{world.tickets[2].pk}" in desk.url
    assert desk.locator(".strip-list a[aria-current]").inner_text().startswith("Cannot open")
    assert "Max Kowalski" in desk.locator("#p-assignee option:checked").inner_text()
    desk.click("[data-back]")
    desk.wait_for_selector("table.tickets")
    assert unquote(desk.url) == unquote(address)
    assert desk.problems == []


@pytest.mark.spec("RS-032")
def test_two_agents_at_one_field(world, desk):
    printer = world.tickets[0]
    desk.goto(f"{desk.url}t/{printer.pk}")
    commands.edit(printer, {"priority": "low"}, by=world.as_max, via="web")
    desk.select_option("#p-priority", "major")
    desk.wait_for_selector("text=Two of you changed the same thing")
    desk.click(".versus label >> nth=0")
    desk.click("text=Keep what is chosen")
    desk.wait_for_selector("#thread")
    assert fresh(printer).priority == "major"
    assert [p for p in desk.problems if "409" not in p] == []


PAGES = (
    "", "?view=all", "t/1", "triage", "board", "calendar", "reports", "new", "profile", "t/1/history",
    "t/1/change/status", "keys",
    "admin", "admin/people", "admin/categories", "admin/roles/new", "admin/tokens", "admin/log", "gallery/parts",
    "views", "replies/new", "macros/new", "admin/portal", "admin/webhooks/new", "admin/policies/new",
    "admin/calendars/new",
)  # fmt: skip


@pytest.mark.spec("PL-209", "PL-200", "PL-207")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the markup is the same on either database")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_a_phone(world, desk, theme):
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.emulate_media(color_scheme=theme)
    start, wide = desk.url, []
    for path in PAGES:
        assert desk.goto(start + path.replace("t/1", f"t/{world.tickets[0].pk}")).ok, path
        if desk.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(path)
        ground = desk.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (theme == "dark") == (ground not in ("oklch(1 0 0)", "rgb(255, 255, 255)")), path
    assert wide == []
    assert desk.problems == []


@pytest.mark.spec("PL-209")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the markup is the same on either database")
def test_a_thumb_finds_every_button_and_field_on_a_phone(world, desk):
    """At least 40 px high; links within a text, and boxes whose whole cell can be tapped, are let off."""
    desk.set_viewport_size({"width": 390, "height": 844})
    start, small = desk.url, {}
    for path in (
        "",
        f"t/{world.tickets[0].pk}",
        "triage",
        "board",
        "calendar",
        "new",
        "profile",
        "admin",
        "admin/tokens",
    ):
        desk.goto(start + path)
        found = desk.eval_on_selector_all(
            "button, summary, select, textarea, .button, .chip, label.check, .tabs a, .doors a,"
            " input:not([type=hidden], [type=checkbox], [type=radio], [type=file])",
            """all => all.filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.prose, .month')
                && e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().height < 39.5)
                .map(e => `${e.tagName}.${e.className} ${e.getBoundingClientRect().height} ${e.innerText}`)""",
        )
        if found:
            small[path] = found
    assert small == {}


@pytest.mark.spec("PL-202")
def test_what_was_typed_outlives_a_page_loaded_anew_without_a_network(world, desk):
    printer = world.tickets[0]
    desk.goto(f"{desk.url}t/{printer.pk}")
    desk.route("**/draft", lambda route: route.abort())
    desk.keyboard.press("n")
    desk.keyboard.type("The fuser is in room 14")
    desk.reload()
    assert desk.input_value("#composer-text") == "The fuser is in room 14"
    assert desk.is_checked("#mode-note")
    desk.unroute("**/draft")
    desk.keyboard.press("n")
    with desk.expect_response(lambda answer: "still" in (answer.request.post_data or "")):
        desk.keyboard.type(" still")
    desk.wait_for_selector("[data-draft-sign]:not([hidden])")
    desk.wait_for_timeout(50)
    assert desk.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft'))") == []


@pytest.mark.spec("PL-209")
def test_a_long_title_pushes_no_field_of_triage_off_the_screen(world, desk):
    title = "Servers, services and everything that hangs on them are away after each change of the certificates"
    for _ in range(2):  # the other one stands among the similar
        commands.create("incident", {"title": title}, by=world.by, via="web")
    start = desk.url.rstrip("/")
    for width in (1440, 390):
        desk.set_viewport_size({"width": width, "height": 844})
        desk.goto(f"{start}/triage?q=title:certificates")
        ends = desk.eval_on_selector_all(
            ".deciding :is(select, input, a)", "all => all.map(e => e.getBoundingClientRect().right)"
        )
        assert ends and max(ends) <= width, (width, max(ends))


@pytest.mark.spec("PL-209")
def test_on_a_phone_all_actions_are_there(world, desk):
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.click("[popovertarget=rail]")
    desk.click("#rail >> text=Mine")
    desk.click("text=Printer on floor two")
    desk.wait_for_selector("#thread")
    desk.click("[popovertarget=facts]")
    desk.select_option("#p-priority", "low")
    desk.wait_for_selector(".toast")
    assert fresh(world.tickets[0]).priority == "low"
    desk.wait_for_selector("#facts:popover-open")
    desk.mouse.click(5, 400)
    desk.click("label:has(#mode-note)")
    desk.fill("#composer-text", "From the tram")
    desk.click("text=Keep the note")
    desk.wait_for_selector(".entry.note >> text=From the tram")
    assert desk.problems == []


@pytest.mark.spec("PL-200")
def test_the_theme_is_switched_and_stays(world, desk):
    desk.click(".rail .foot summary")
    desk.click("[data-theme-choice][value=dark]")
    assert desk.evaluate("document.documentElement.dataset.theme") == "dark"
    desk.wait_for_timeout(200)
    desk.reload()
    assert desk.evaluate("document.documentElement.dataset.theme") == "dark"
    assert desk.problems == []


@pytest.mark.spec("PL-208")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the markup is the same on either database")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(world, desk, theme):
    from axe_playwright_python.sync_playwright import Axe

    desk.emulate_media(color_scheme=theme)
    start, found = desk.url, {}
    for path in PAGES:
        assert desk.goto(start + path.replace("t/1", f"t/{world.tickets[0].pk}")).ok, path
        result = Axe().run(desk, options={"resultTypes": ["violations"]}).response
        bad = [
            (v["id"], v["nodes"][0]["html"][:160], v["nodes"][0].get("failureSummary", "")[:200])
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        if bad:
            found[path] = bad
    assert found == {}


@pytest.mark.spec("PL-210")
@pytest.mark.parametrize("path", ["", "t/1", "triage"])
def test_the_first_load_is_light(world, live_server, page, path):
    """The page with all that it is made of; beside it only the stream and the word that somebody is here."""
    enter(page, live_server, world.tess)
    start, seen = f"{live_server.url}/", []
    page.on("response", lambda answer: seen.append(answer))
    with page.expect_response("**/live?*"):
        page.goto(start + path.replace("t/1", f"t/{world.tickets[0].pk}"))
    assert all(answer.url.startswith(start) for answer in seen)
    parts = [answer for answer in seen if answer.request.resource_type not in ("eventsource", "fetch")]
    sizes = {answer.url: len(gzip.compress(answer.body(), 6)) for answer in parts}
    assert len(sizes) <= 8 and sum(sizes.values()) <= 60_000, sizes
    assert next(size for url, size in sizes.items() if "/static/" not in url) <= 15_000


@pytest.mark.spec("RS-085", "RS-087")
def test_what_customers_write_never_runs(world, desk):
    printer = world.tickets[0]
    nasty = (
        '<img src=x onerror=alert(1)><script>alert(2)</script>[x](javascript:alert(3)) <svg onload=alert(4)> "><iframe>'
    )
    commands.comment(printer, nasty, by=world.as_max, via="web")
    commands.edit(printer, {"title": nasty[:200]}, by=world.by, via="web")
    desk.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for path in (f"t/{printer.pk}", "?view=all", "board", f"t/{printer.pk}/history"):
        desk.goto(re.match(r"https?://[^/]+/", desk.url)[0] + path)
    assert desk.problems == []
