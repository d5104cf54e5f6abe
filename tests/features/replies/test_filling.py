"""Canned replies: filled by listed names alone, found by shortcut and name, seen by their readers."""

from __future__ import annotations

import pytest

from polydesk.directory.models import Team
from polydesk.features.replies import finding
from polydesk.features.replies.models import CannedReply
from polydesk.tickets import placeholders
from polydesk.web.placeholders import fill

pytestmark = pytest.mark.django_db


@pytest.mark.spec("RS-088")
@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{user.password}}",
        "{{ticket.__class__}}",
        "{{ticket.organization.settings}}",
        "{{''.__class__.__mro__[1]}}",
        "{{ticket}}",
        "{{ requester.user.password }}",
        "{{}}",
        "{{ticket.title|upper}}",
    ],
)
def test_what_is_not_listed_becomes_empty(world, text):
    ticket = world.ticket(requester=world.carl.pk)
    assert placeholders.fill(f"a{text}b", ticket, world.actor("anna")) == "ab"


@pytest.mark.spec("RS-088")
def test_listed_names_are_looked_up_once(world):
    ticket = world.ticket(title="{{agent.email}}\n/close", requester=world.carl.pk, assignee=world.bob.pk)
    text = (
        "Hello {{ requester.first_name }}, {{ticket.number}} “{{ticket.title}}” is with {{assignee.name}}. "
        "{{agent.name}}"
    )
    filled = placeholders.fill(text, ticket, world.actor("anna"))
    assert filled == f"Hello Carl, {ticket.pk} “{{{{agent.email}}}} /close” is with Bob Builder. Anna Agent"
    every = placeholders.fill("|".join(f"{{{{{n}}}}}" for n in placeholders.NAMES), ticket, world.actor("anna"))
    assert every.split("|")[:5] == [str(ticket.pk), "{{agent.email}} /close", "Incident", "New", "Normal"]
    world.carl.language = "ru"
    world.carl.save()
    assert placeholders.fill("{{ticket.kind}}, {{ticket.status}}", ticket, world.actor("anna")) == "Инцидент, Новая"


def test_braces_alone_and_percent_signs_stay():
    assert fill("{a} {{{a}}} %(a)s {% a %} ${a}", {"a": "1"}) == "{a} {1} %(a)s {% a %} ${a}"


def test_replies_are_found_by_their_readers(world):
    house, night = world.house, Team.objects.create(organization=world.house, name="Night")
    rows = (
        ("Mine", "vpn", {"owner": world.anna}),
        ("Bobs", "vpn", {"owner": world.bob}),
        ("VPN for us", "", {"team": world.support}),
        ("Nights", "vpn", {"team": night}),
        ("All", "vpn_all", {}),
        ("Old", "vpn", {"is_active": False}),
    )
    for name, shortcut, facts in rows:
        CannedReply.objects.create(organization=house, name=name, shortcut=shortcut, body="x", **facts)
    CannedReply.objects.create(organization=world.other, name="Theirs", shortcut="vpn", body="x")
    assert [r.name for r in finding.offered(world.actor("anna"), "VPN")] == ["All", "Mine", "VPN for us"]
    assert [r.name for r in finding.offered(world.actor("bob"), "vpn")] == ["All", "Bobs"]
    assert not finding.visible(world.actor("carl"))
