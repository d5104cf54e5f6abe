"""Automations in the workplace: made, rehearsed, switched, looked through, taken back; for administrators alone."""

from __future__ import annotations

import datetime as dt

import pytest

from polydesk.directory.models import SecurityEvent, Team
from polydesk.features.automation import guard, keeping
from polydesk.features.automation.models import Automation, Run
from polydesk.features.checklists.models import Library
from polydesk.jobs.testing import drain
from polydesk.tickets import commands
from polydesk.tickets.models import Category, CustomField, Event, Tag, Ticket
from polydesk.web.testing import count_statements
from tests.faces.desk.conftest import signed_in
from tests.faces.desk.test_forms import text

pytestmark = [pytest.mark.django_db, pytest.mark.spec("PL-207")]
HERE = "/admin/automations"
FORM = {
    "name": "Escalate",
    "position": "1",
    "by": "event",
    "of": ["created", "changed"],
    "change": "priority:high",
    "hours": "",
    "since": "activity",
    "condition": "priority>=high status:open",
    "set_urgency": "5",
    "text": "Look, {{requester.name}}",
    "internal": "on",
}


def made(tess, **changes):
    answer = tess.post(f"{HERE}/new", FORM | changes)
    assert answer.status_code == 302, text(answer)
    return Automation.objects.latest("pk")


def test_only_administrators_open_these_pages(world, tess):
    row = made(tess)
    mine = [HERE, f"{HERE}/new", f"{HERE}/{row.pk}", f"{HERE}/{row.pk}/rehearsal", f"{HERE}/{row.pk}/history"]
    for page in mine:
        assert tess.get(page).status_code == 200
        assert signed_in(world.max).get(page).status_code == 403
        if page not in mine[:2]:
            assert signed_in(world.other).get(page).status_code == 404
    for where, data in ((f"{HERE}/{row.pk}/switch", {"do": "on"}), (f"{HERE}/{row.pk}/versions/1", {})):
        assert signed_in(world.max).post(where, data).status_code == 403
        assert signed_in(world.other).post(where, data).status_code == 404
    assert tess.post(f"{HERE}/{row.pk}/switch", {"do": "dance"}).status_code == 404
    assert not Automation.objects.get().is_active


def test_a_desk_without_any_is_shown_what_they_are_and_three_to_begin_with(world, tess):
    page = text(tess.get(HERE))
    assert page.count("/admin/automations/new?from=") == 3 and "Rehearse" not in page
    form = text(tess.get(f"{HERE}/new?from=turn"))
    assert 'value="Give new requests out in turn"' in form and 'value="kind:request assignee:none"' in form
    assert f'<option value="turn:{world.level_one.pk}" selected>' in form
    assert "made it" not in form and tess.get(f"{HERE}/new?from=nonsense").status_code == 200


def test_what_is_typed_is_kept_and_stands_in_the_form_again(world, tess):
    CustomField.objects.create(organization=world.acme, key="loud", name="Loud", type="boolean")
    library = Library.objects.create(organization=world.acme, name="New machine")
    row = made(
        tess,
        set_team=str(world.level_two.pk),
        set_category="-",
        hand_to=f"load:{world.level_one.pk}",
        add_tags="vip, new",
        cf_room="101",
        cf_loud="no",
        tell_people="Max Kowalski, tess",
        tell_teams=[str(world.level_one.pk)],
        checklist=str(library.pk),
    )
    assert (row.name, row.position, row.is_active, row.is_timed) == ("Escalate", 1, False, False)
    parts = row.parts
    assert (parts.when.of, parts.when.field, parts.when.to) == (["created", "changed"], "priority", "high")
    assert parts.condition == "priority>=high status:open"
    assert parts.then.values == {
        "assigned_teams": [world.level_two.pk],
        "category": None,
        "urgency": 5,
        "fields": {"room": "101", "loud": False},
    }
    assert (parts.then.hand_to.how, parts.then.hand_to.team) == ("load", world.level_one.pk)
    assert parts.then.add_tags == list(
        Tag.objects.filter(name__in=["vip", "new"]).order_by("pk").values_list("pk", flat=True)
    )
    assert (parts.then.tell_people, parts.then.tell_teams) == ([world.max.pk, world.tess.pk], [world.level_one.pk])
    assert (parts.then.checklist, parts.then.text, parts.then.internal) == (library.pk, FORM["text"], True)
    again = text(tess.get(f"{HERE}/{row.pk}"))
    for shown in (
        '<option value="priority:high" selected>',
        '<option value="-" selected>',
        f'<option value="load:{world.level_one.pk}" selected>',
        '<option value="no" selected>',
        'value="101"',
        f'<option value="{library.pk}" selected>',
        'name="of" value="created" checked',
        f'name="tell_teams" value="{world.level_one.pk}" checked',
    ):
        assert shown in again, shown
    listed = text(tess.get(HERE))
    assert (
        "A ticket is opened, Priority becomes High" in listed and "<code>priority&gt;=high status:open</code>" in listed
    )


WRONG = {
    "name": {"name": " "},
    "of": {"of": []},
    "change": {"of": ["created"]},
    "condition": {"condition": "staus:open"},
    "hours": {"by": "time", "hours": "0"},
    "since": {"by": "time", "hours": "3", "since": "easter"},
    "set_status": {"set_status": "nowhere"},
    "hand_to": {"hand_to": "turn:999999"},
    "tell_people": {"tell_people": "Nobody Known"},
    "tell_teams": {"tell_teams": ["999999"]},
    "cf_floor": {"cf_floor": "high"},
    "checklist": {"checklist": "999999"},
}


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(world, tess):
    CustomField.objects.create(organization=world.acme, key="floor", name="Floor", type="integer")
    Library.objects.create(organization=world.acme, name="New machine")
    for field, wrong in WRONG.items():
        answer = tess.post(f"{HERE}/new", FORM | wrong)
        page = text(answer)
        assert answer.status_code == 422 and not Automation.objects.exists(), field
        assert f'id="f-{field}-e"' in page and "Look, {{requester.name}}" in page, field


@pytest.mark.spec("RS-112")
def test_rows_of_another_organization_are_unknown_here(world, tess):
    team = Team.objects.create(organization=world.globex, name="Secret team")
    category = Category.objects.create(organization=world.globex, name="Secret category")
    library = Library.objects.create(organization=world.globex, name="Secret list")
    for change in (
        {"set_team": str(team.pk)},
        {"set_category": str(category.pk)},
        {"set_assignee": str(world.other.pk)},
        {"change": f"assigned_teams:{team.pk}"},
        {"hand_to": f"turn:{team.pk}"},
        {"tell_teams": [str(team.pk)]},
        {"tell_people": "otto"},
        {"checklist": str(library.pk)},
    ):
        answer = tess.post(f"{HERE}/new", FORM | change)
        assert answer.status_code == 422 and "Secret" not in text(answer)
    assert not Automation.objects.exists()


def test_it_is_rehearsed_before_it_is_switched_on(world, tess):
    row = made(tess, of=["created"], change="")
    commands.create("incident", {"title": "Before", "priority": "high"}, by=world.by, via="web")
    commands.create("incident", {"title": "Calm", "priority": "low"}, by=world.by, via="web")
    count = Event.objects.count()
    page = text(tess.get(f"{HERE}/{row.pk}/rehearsal?days=7"))
    assert "Before" in page and "Calm" not in page and Event.objects.count() == count
    assert page.count("Look, {{requester.name}}") == page.count("Very high") > 1, "above, and of each that it meets"
    assert "Urgency" in page and "Very high" in page and "/?q=priority%3E%3Dhigh+status%3Aopen" in page
    assert "It looked at" in page and not Run.objects.exists()
    assert tess.get(f"{HERE}/{row.pk}/rehearsal?days=nonsense").status_code == 200
    timed = made(tess, by="time", hours="1", condition="status:open")
    assert "its time has come" in text(tess.get(f"{HERE}/{timed.pk}/rehearsal"))
    Automation.objects.filter(pk=row.pk).update(recipe=row.recipe | {"condition": "status:gone"})
    assert "There is no status" in text(tess.get(f"{HERE}/{row.pk}/rehearsal"))


@pytest.mark.spec("RS-170")
def test_it_is_switched_on_acts_and_both_histories_say_why(world, tess):
    row = made(tess, of=["created"], change="")
    tess.post(f"{HERE}/{row.pk}/switch", {"do": "on"})
    ticket = commands.create("incident", {"title": "Hot", "priority": "high"}, by=world.by, via="web")
    drain()
    assert Ticket.objects.get(pk=ticket.pk).urgency == 5
    history = text(tess.get(f"/t/{ticket.pk}/history"))
    assert (
        "The automation “Escalate”" in history
        and "an automation · version 1, for priority&gt;=high status:open" in history
    )
    assert "automation" in text(tess.get(f"/t/{ticket.pk}"))
    did = text(tess.get(f"{HERE}/{row.pk}/history"))
    assert f"#{ticket.pk} Hot" in did and "done" in did
    event = Event.objects.get(ticket_id=ticket.pk, via="automation")
    tess.post(f"/undo/{event.pk}")
    assert Ticket.objects.get(pk=ticket.pk).urgency is None
    tess.post(f"{HERE}/{row.pk}/switch", {"do": "off"})
    assert not Automation.objects.get(pk=row.pk).is_active


@pytest.mark.spec("RS-049")
def test_one_that_went_in_circles_says_so_where_administrators_look(world, tess):
    for name, here, there in (("Up", "low", "high"), ("Down", "high", "low")):
        row = made(
            tess,
            name=name,
            of=["changed"],
            change=f"priority:{here}",
            condition="",
            set_priority=there,
            set_urgency="",
            text="",
        )
        keeping.switch(row, True, by=world.by)
    ticket = world.tickets[0]
    commands.edit(ticket, {"priority": "normal"}, by=world.as_max, via="web")
    commands.edit(ticket, {"priority": "low"}, by=world.as_max, via="web")
    drain()
    assert Run.objects.filter(outcome="done").count() == guard.ROUNDS
    listed = text(tess.get(HERE))
    assert f"switched off: it went in circles on #{ticket.pk}" in listed
    assert "switched the automation “Up” off" in text(tess.get(f"/t/{ticket.pk}/history"))
    assert "An automation went in circles here and was switched off." in text(tess.get("/notifications"))
    assert "automation switched off: it went in circles" in text(tess.get("/admin/log"))


def test_every_save_is_a_version_and_one_click_goes_back(world, tess):
    row = made(tess)
    changed = FORM | {"name": "Escalate more", "set_urgency": "4", "version": "1"}
    tess.post(f"{HERE}/{row.pk}", changed)
    stale = tess.post(f"{HERE}/{row.pk}", FORM | {"name": "Late", "version": "1"})
    assert stale.status_code == 422 and "Somebody has changed it since" in text(stale)
    page = text(tess.get(f"{HERE}/{row.pk}/history"))
    assert "Escalate more" in page and "Tess Technician" in page and page.count("Go back to this") == 1
    tess.post(f"{HERE}/{row.pk}/versions/1")
    row.refresh_from_db()
    assert (row.version, row.name, row.parts.then.values["urgency"]) == (3, "Escalate", 5)
    tess.post(f"{HERE}/{row.pk}/switch", {"do": "remove"})
    assert not Automation.objects.exists()
    assert SecurityEvent.objects.filter(verb__startswith="automation.").count() == 4


def test_pages_cost_no_more_with_more_rows(world, tess):
    def cost(where):
        with count_statements() as ran:
            assert tess.get(where).status_code == 200
        return len(ran)

    row = made(tess, of=["created"], change="", tell_people="Max Kowalski", add_tags="vip")
    keeping.switch(row, True, by=world.by)
    pages = [HERE, f"{HERE}/{row.pk}/history", f"{HERE}/{row.pk}/rehearsal"]

    def more(n):
        for i in range(n):
            made(tess, name=f"More {i}", tell_people="tess", add_tags=f"t{i}")
            tess.post(f"{HERE}/{row.pk}", FORM | {"text": f"{dt.datetime.now()} {i}", "of": ["created"], "change": ""})
            commands.create("incident", {"title": "Hot", "priority": "high"}, by=world.by, via="web")
        drain()

    more(1)
    few = [cost(page) for page in pages]
    more(2)
    assert [cost(page) for page in pages] == few
