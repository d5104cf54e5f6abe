"""Canned replies, macros, secrets and clocks in a real browser; their pages by axe and on a phone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import expect

from polydesk.directory.models import SlaPolicy
from polydesk.features import sla, vault
from polydesk.features.macros.models import Macro
from polydesk.features.mailboxes import boxes
from polydesk.features.mailboxes.models import Mailbox
from polydesk.features.replies.models import CannedReply
from polydesk.features.webhooks import endpoints
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from tests.faces.desk import world as worlds
from tests.faces.desk.test_mail import message
from tests.faces.desk.test_walk import enter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-212")]


@pytest.fixture
def world(transactional_db):
    w = worlds.build()
    acme = {"organization": w.acme}
    body = "Hello {{requester.first_name}}, which serial number?"
    w.reply = CannedReply.objects.create(
        **acme, name="Ask for the serial", folder="Printers", shortcut="serial", body=body
    )
    facts = {"values": {"priority": "low", "assignee": "me"}, "text": "A **part** is ordered.", "internal": True}
    w.macro = Macro.objects.create(**acme, name="Ordered", **facts)
    sla.promise(SlaPolicy.objects.create(**acme, name="Gold", is_default=True), response=60, resolution=600)
    w.secret = vault.put("Root password", "correct-horse-42", by=w.by)
    also = (vault.hang([w.secret]),)
    w.timed = commands.create("incident", {"title": "Timed", "requester": w.ada.pk}, by=w.by, via="web", also=also)
    commands.comment(w.timed, "I look at it.", by=w.by, via="web")
    w.hook, _secret = endpoints.create(by=w.by, url="https://hooks.example.com/desk", name="Chat")
    endpoints.test(w.hook, by=w.by)
    w.box = boxes.create(
        by=w.by, address="support@acme.example", host="imap.acme.example", login="support", password="x"
    )
    failing = {"error": "The login was refused.", "failing_since": w.box.created_at}
    Mailbox.objects.create(**acme, address="old@acme.example", **failing)
    w.mail = message(w.box, reason="The sender is not known here.")
    return w


@pytest.fixture
def desk(world, live_server, page):
    enter(page, live_server, world.tess)
    page.start = live_server.url
    return page


@pytest.mark.spec("PL-202")
def test_a_reply_by_shortcut_a_reply_by_picker_and_a_macro_by_dialog(world, desk):
    desk.goto(f"{desk.start}/t/{world.tickets[0].pk}")
    desk.keyboard.press("r")
    with desk.expect_response("**/complete?**q=ser**"):
        desk.keyboard.type("/ser")
    desk.wait_for_selector(".complete [role=option] >> text=/serial")
    desk.keyboard.press("Enter")
    assert desk.input_value("#composer-text") == "Hello Ada, which serial number?"
    desk.keyboard.type(" Thanks! ")
    desk.click("#composer a[data-dialog]")
    desk.click("#small-dialog a[data-reply]")
    expect(desk.locator("#composer-text")).to_have_value(re.compile(r"Thanks! Hello Ada, which serial number\?$"))
    desk.fill("#composer-text", "")
    desk.click("details.menu summary[title=More] >> nth=0")
    desk.click("text=Apply a macro")
    desk.click("#small-dialog >> text=Ordered")
    desk.wait_for_selector("#small-dialog .note >> text=is ordered")
    assert "High → Low" in desk.inner_text("#small-dialog")
    desk.click("#small-dialog >> text=Apply")
    desk.wait_for_selector(".toast >> text=Applied")
    assert Ticket.objects.get(pk=world.tickets[0].pk).priority == "low"
    desk.click(".toast >> text=Undo")
    desk.wait_for_selector("text=Undone.")
    assert Ticket.objects.get(pk=world.tickets[0].pk).priority == "high"
    assert desk.problems == []


@pytest.mark.spec("RC-096", "RC-090")
def test_a_secret_is_asked_for_and_a_clock_explained(world, desk):
    desk.goto(f"{desk.start}/t/{world.timed.pk}")
    assert "correct-horse-42" not in desk.content()
    desk.click("a.file >> text=Root password")
    desk.click("#small-dialog >> text=Show the secret")
    desk.wait_for_selector("pre.secret >> text=correct-horse-42")
    desk.click("text=Back to the ticket")
    desk.wait_for_selector("#thread")
    desk.click(".facts a[href$='/clock']")
    desk.wait_for_selector("#small-dialog svg .bar-a")
    assert "around the clock" in desk.inner_text("#small-dialog") and desk.problems == []


@pytest.mark.spec("PL-208", "PL-209")
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the markup is the same on either database")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_their_pages_are_clean_and_fit(world, desk, theme):
    one = f"t/{world.timed.pk}"
    paths = (
        f"{one}/replies",
        f"{one}/macros/{world.macro.pk}",
        f"{one}/clock",
        f"{one}/secrets/{world.secret.pk}",
        f"{one}/secrets",
        f"admin/webhooks/{world.hook.pk}",
        "admin/mailboxes",
        f"admin/mailboxes/{world.box.pk}",
        f"admin/mailboxes/{world.box.pk}/removal",
        "admin/mail",
        f"admin/mail/{world.mail.pk}",
        "replies",
        "admin/policies",
        "admin/notices/new",
    )
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.emulate_media(color_scheme=theme)
    found = {}
    for path in paths:
        assert desk.goto(f"{desk.start}/{path}").ok, path
        assert desk.evaluate("document.documentElement.scrollWidth") <= 390, path
        result = Axe().run(desk, options={"resultTypes": ["violations"]}).response
        bad = [
            (v["id"], v["nodes"][0]["html"][:160])
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        if bad:
            found[path] = bad
    assert found == {} and desk.problems == []
