"""Macros: shown before they are made, made in one step, taken back by one undo; rights are the applier's."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from polydesk.directory.models import SecurityEvent
from polydesk.features.macros import applying, finding
from polydesk.features.macros.models import Macro
from polydesk.jobs.models import Job
from polydesk.tickets import commands
from polydesk.tickets.models import Comment, Event, Tag, Ticket
from polydesk.tickets.refusals import Denied, Refused, Stale
from polydesk.tickets.rules import lifecycle

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-202")]


def macro(world, **facts):
    row = Macro(organization=world.house, name=facts.pop("name", "To the supplier"), **facts)
    row.full_clean()
    row.save()
    return row


def everything(ticket):
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    return row, Event.objects.count(), Comment.objects.count(), Job.objects.count(), SecurityEvent.objects.count()


@pytest.mark.spec("PL-021")
def test_the_preview_is_what_happens_and_one_undo_takes_it_back(world):
    anna = world.actor("anna")
    old, new = (Tag.objects.create(organization=world.house, name=n) for n in ("old", "new"))
    ticket = world.ticket(requester=world.carl.pk, tags=[old.pk])
    made = macro(
        world,
        values={"status": "waiting_supplier", "priority": "high", "assignee": "me"},
        add_tags=[new.pk],
        remove_tags=[old.pk],
        text="Dear {{requester.first_name}}, {{7*7}}a part is ordered.",
    )
    before = everything(ticket)
    shown = applying.preview(made, ticket, by=anna, via="web")
    assert everything(ticket) == before, "a preview leaves nothing behind"
    assert shown.text == "Dear Carl, a part is ordered." and not shown.internal and shown.is_possible
    assert shown.changes["status"] == ["new", "waiting_supplier"]
    assert shown.changes["tags"] == [[old.pk], [new.pk]]
    assert shown.changes["assignee"] == [None, world.anna.pk]
    done = applying.apply(made, ticket.pk, by=anna, via="web", if_version=shown.version)
    assert {n: c for n, c in done.event.changes.items() if n[0] != "+"} == shown.changes
    assert (done.event.cause, done.comment.text) == (f"macro:{made.pk}", shown.text)
    assert Event.objects.filter(ticket_id=ticket.pk).count() == 2
    commands.undo(done.event, by=anna, via="web")
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.status, now.priority, now.assignee_id, now.tags) == ("new", "normal", None, [old.pk])
    assert Comment.objects.get(pk=done.comment.pk).deleted_at


def test_a_macro_without_a_text_is_an_edit_and_nothing_new_is_no_event(world):
    ticket, made = world.ticket(), macro(world, values={"priority": "high"})
    assert applying.apply(made, ticket, by=world.actor("anna"), via="web").event.verb == "edit"
    again = Ticket.objects.get(pk=ticket.pk)
    assert applying.preview(made, again, by=world.actor("anna"), via="web").is_empty
    assert applying.apply(made, again, by=world.actor("anna"), via="web").event is None


def test_the_engine_refuses_what_the_applier_may_not_do(world):
    made = macro(world, values={"status": "closed"}, text="For us", internal=True)
    ticket = world.ticket(requester=world.carl.pk, shared=True, company=world.acme.pk)
    shown = applying.preview(made, ticket, by=world.actor("carl"), via="web")
    assert [r.rule for r in shown.refusals] == ["denied"] and not shown.changes
    with pytest.raises(Denied):
        applying.apply(made, ticket, by=world.actor("carl"), via="web")


def test_broken_rules_are_shown_and_stale_previews_refused(world):
    anna, ticket = world.actor("anna"), world.ticket(kind="request")
    wrong = macro(world, values={"status": "merged"})
    also = (lifecycle.status_is_offered,)
    assert [r.field for r in applying.preview(wrong, ticket, by=anna, via="web", also=also).refusals] == ["status"]
    only = macro(world, name="Changes", values={"priority": "low"}, kinds=["change"])
    assert applying.preview(only, ticket, by=anna, via="web").refusals[0].rule == "kind"
    assert [m.name for m in finding.visible(world.actor("bob"), "request")] == ["To the supplier"]
    fine = macro(world, name="Low", values={"priority": "low"})
    commands.edit(ticket, {"priority": "high"}, by=anna, via="web")
    with pytest.raises(Stale):
        applying.apply(fine, ticket, by=anna, via="web", if_version=ticket.version)
    with pytest.raises(Refused):
        applying.apply(only, ticket, by=anna, via="web")


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"values": {"organization": 1}},
        {"values": {"assignee": "mona"}},
        {"values": {"status": 7}},
        {"text": "x", "kinds": ["holiday"]},
    ],
)
def test_a_macro_that_cannot_be_is_not_kept(world, facts):
    with pytest.raises(ValidationError):
        macro(world, **facts)
