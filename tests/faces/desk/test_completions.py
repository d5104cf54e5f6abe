"""What is offered under the caret: the right people, the right tickets, and all of it by the keyboard (PL-202)."""

from __future__ import annotations

import pytest

from polydesk.directory import founding
from polydesk.directory.models import Membership, Role
from tests.faces.desk import world as worlds
from tests.faces.desk.test_walk import enter

pytestmark = pytest.mark.spec("PL-202")


def names(client, sign, q, ticket, mode="reply"):
    asked = {"sign": sign, "q": q, "ticket": ticket.pk, "mode": mode}
    return [offer["name"] for offer in client.get("/complete", asked).json()["results"]]


@pytest.mark.django_db
def test_people_are_those_who_will_read_it(world, tess):
    printer = world.tickets[0]
    reader = Role.objects.create(organization=world.acme, name="Changes only", rights=["view:change"])
    blind = worlds.person(world.acme, "Max Blind", "blind", "agent")
    Membership.objects.filter(person=blind).update(role=reader)
    assert names(tess, "@", "ma", printer) == ["Max Kowalski"]
    assert names(tess, "@", "ada", printer) == ["Ada Lovelace"], "who asked takes part"
    assert names(tess, "@", "ada", printer, mode="note") == [], "and does not read notes"
    assert names(tess, "@", "carol", printer) == [] and names(tess, "@", "otto", printer) == []


@pytest.mark.django_db
def test_tickets_and_commands_are_one_s_own(world, tess):
    printer = world.tickets[0]
    assert names(tess, "#", "payroll", printer) == [f"#{world.tickets[2].pk}"]
    assert names(tess, "#", "secret", printer) == [] and names(tess, "#", str(world.foreign.pk), printer) == []
    assert names(tess, "/", "assign max", printer) == ["/assign Max Kowalski"]
    assert names(tess, "?", "", printer) == [] and len(names(tess, "/", "", printer)) == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("PL-208", "PL-212")
def test_the_keyboard_walks_the_list_and_the_text_keeps_the_focus(transactional_db, live_server, page):
    world = worlds.build()
    founding.add_person(world.acme, "Maxine Doe", role="agent", email="maxine@desk.example")
    enter(page, live_server, world.tess)
    page.goto(f"{live_server.url}/t/{world.tickets[0].pk}")
    page.keyboard.press("n")
    page.keyboard.type("Look at this @max")
    page.wait_for_selector(".complete [role=option] >> nth=1")
    box = page.locator("#composer-text")
    assert box.get_attribute("aria-activedescendant") == "complete-0" and box.get_attribute("aria-controls")
    page.keyboard.press("ArrowDown")
    assert page.locator(".complete [aria-selected=true]").inner_text().startswith("Maxine Doe")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.input_value("#composer-text") == "Look at this @max "
    assert not page.locator(".complete").count() and box.get_attribute("aria-controls") is None
    page.keyboard.type("and #payroll")
    page.wait_for_selector(".complete >> text=Cannot open")
    page.keyboard.press("Escape")
    assert not page.locator(".complete").count()
    assert page.evaluate("document.activeElement.id") == "composer-text", "Escape closes the list, not the text"
    page.keyboard.type("\n/pri")
    page.wait_for_selector(".complete >> text=/priority")
    page.keyboard.press("Tab")
    assert page.input_value("#composer-text").endswith("\n/priority ")
    assert page.problems == []
