"""The portal in a browser: a phone in the dark without scripts, and nothing that keeps anybody out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

from polydesk.features.knowledge.models import Article
from polydesk.tickets import commands
from polydesk.tickets.models import Category, CustomField, Ticket
from tests import worlds
from tests.faces.portal.conftest import asked, signed_in

PHONE = {"width": 390, "height": 800}


@pytest.fixture
def world(transactional_db):
    house = worlds.build()
    CustomField.objects.create(organization=house.house, key="room", name="Room", help="On the sign at the door")
    Category.objects.create(organization=house.house, name="Hardware", fields=["room"])
    Article.objects.create(organization=house.house, title="The printer prints blank pages", is_public=True)
    return house


@pytest.fixture
def opened(world, chromium, live_server):
    """Opens a page of Carl's, signed in without the form, in a browser of the wanted sort."""
    contexts = []

    def open_(**facts):
        contexts.append(chromium.new_context(viewport=PHONE, **facts))
        cookie = signed_in(world.carl).cookies["session"]
        contexts[-1].add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = contexts[-1].new_page()
        page.goto(f"{live_server.url}/portal/")
        return page

    yield open_
    for context in contexts:
        context.close()


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.spec("PL-250")
def test_a_half_written_request_outlives_a_page_loaded_anew_and_no_longer(world, opened, live_server):
    page = opened()
    page.goto(f"{live_server.url}/portal/new/")
    page.get_by_label("In a few words").fill("The printer hums")
    page.get_by_label("What should we know?").fill("Since Monday")
    page.reload()
    assert page.get_by_label("In a few words").input_value() == "The printer hums"
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/requests/*/")
    assert Ticket.objects.get().description == "Since Monday"
    page.goto(f"{live_server.url}/portal/new/")
    assert page.get_by_label("What should we know?").input_value() == ""


@pytest.mark.spec("PL-250", "PL-252")
def test_a_phone_without_scripts_asks_answers_and_closes(world, opened, live_server):
    page = opened(java_script_enabled=False, color_scheme="dark")
    page.get_by_role("link", name="Hardware").click()
    page.get_by_label("In a few words").fill("The printer hums")
    page.get_by_label("Room").fill("4.12")
    page.get_by_role("button", name="Send").click()
    ticket = Ticket.objects.get()
    assert page.url.endswith(f"/portal/requests/{ticket.pk}/") and ticket.fields == {"room": "4.12"}
    commands.comment(ticket, "Which one?", by=world.actor("anna"), via="desk")
    page.goto(f"{live_server.url}/portal/")
    page.get_by_role("link", name="The printer hums").click()
    page.get_by_label("Your answer").fill("The grey one")
    page.get_by_role("button", name="Answer").click()
    assert page.get_by_text("The grey one").is_visible()
    page.locator("summary").click()
    page.get_by_label("5, very good").check()
    page.get_by_role("button", name="This is solved: close it").click()
    assert page.get_by_text("Solved and closed").is_visible()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.rating["score"]) == ("closed", 5)


@pytest.mark.spec("PL-250")
def test_the_box_finds_while_typing(world, opened):
    page = opened()
    page.get_by_role("searchbox").press_sequentially("blank")
    page.get_by_role("link", name="The printer prints blank pages").wait_for()


@pytest.mark.spec("PL-252")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the markup is the same on either database")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_axe_finds_nothing_serious(world, opened, live_server, scheme):
    waiting, solved = asked(world), asked(world, title="A chair " * 20)
    commands.comment(waiting, "Which **floor**?", by=world.actor("anna"), via="desk")
    for ticket, status in ((waiting, "waiting_customer"), (solved, "solved")):
        commands.edit(ticket, {"status": status}, by=world.actor("anna"), via="desk")
    category = Category.objects.get()
    page, found = opened(color_scheme=scheme), {}
    for path in (
        "?q=printer",
        f"new/?category={category.pk}",
        f"requests/{waiting.pk}/",
        f"requests/{solved.pk}/",
        "nothing/",
    ):
        page.goto(f"{live_server.url}/portal/{path}")
        assert fits(page), path
        violations = Axe().run(page).response["violations"]
        found[path] = [v["id"] for v in violations if v["impact"] in ("serious", "critical")]
    assert not any(found.values()), found
