"""What automations do: once for each occasion, by commands of the desk itself, with the reason in the history."""

from __future__ import annotations

import datetime as dt

import pytest

from polydesk.directory import founding
from polydesk.features.automation import clock, keeping
from polydesk.features.automation.happenings import happens
from polydesk.features.automation.models import Automation, Run
from polydesk.features.automation.recipe import Event as On
from polydesk.features.automation.recipe import HandTo, Time
from polydesk.features.checklists.models import Item, Library, LibraryItem
from polydesk.features.notifications.models import Notification
from polydesk.jobs.models import Job
from polydesk.jobs.testing import drain, run_tick
from polydesk.tickets import commands, edits, queries
from polydesk.tickets.models import Comment, Event, Status, Tag, Ticket
from polydesk.web.testing import count_statements
from tests.faces.desk.test_views import plans_of

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RS-040")]
CREATED = On(of=["created"])


def by(world, login="anna"):
    return {"by": world.actor(login), "via": "test"}


def now(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def outcomes():
    return list(Run.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.spec("RS-170", "PL-021")
def test_it_acts_after_the_commit_in_one_event_that_says_why_and_one_undo_takes_back(world, automate):
    vip, old = (Tag.objects.create(organization=world.house, name=name) for name in ("vip", "old"))
    library = Library.objects.create(organization=world.house, name="New machine")
    LibraryItem.objects.create(library=library, name="Unpack it")
    row = automate(
        CREATED,
        "company:acme priority:high",
        values={"status": "in_progress", "urgency": 5, "assigned_teams": [world.support.pk]},
        add_tags=[vip.pk],
        remove_tags=[old.pk],
        text="For {{company.name}}: {{ticket.title}} {{7*7}}",
        internal=True,
        tell_teams=[world.support.pk],
        checklist=library.pk,
    )
    ticket = world.ticket(company=world.acme.pk, priority="high", tags=[old.pk])
    assert now(ticket).status == "new", "nothing is done in the writing transaction"
    drain()
    done = now(ticket)
    assert (done.status, done.urgency, done.tags, done.assigned_teams) == (
        "in_progress",
        5,
        [vip.pk],
        [world.support.pk],
    )
    first, event = Event.objects.filter(ticket_id=ticket.pk).order_by("number")
    assert (event.side, event.actor_id, event.via, event.cause) == (
        "system",
        None,
        "automation",
        f"automation:{row.pk}",
    )
    assert event.changes["+automation"] == [
        {
            "id": row.pk,
            "name": "Escalate VIP",
            "version": 1,
            "condition": "company:acme priority:high",
            "event": first.pk,
            "root": first.pk,
            "round": 1,
        }
    ]
    note = Comment.objects.get(ticket=ticket, type="automation")
    assert (note.text, note.internal, note.author_id) == ("For Acme: Printer down", True, None)
    assert Item.objects.get(ticket=ticket).name == "Unpack it"
    told = Notification.objects.filter(event_id=event.pk).values_list("person_id", "what", "reason")
    assert list(told) == [(world.anna.pk, "called", "called")]
    commands.undo(event, **by(world))
    back = now(ticket)
    assert (back.status, back.urgency, back.tags) == ("new", None, [old.pk])
    drain()
    assert now(ticket).status == "new", "taking it back sets nothing off"
    assert outcomes() == ["done"]


HAPPENINGS = {
    "created": None,
    "changed": lambda w, t: commands.edit(t, {"impact": 2}, **by(w)),
    "customer_replied": lambda w, t: commands.comment(t, "Hello?", **by(w, "carl")),
    "agent_replied": lambda w, t: commands.comment(t, "Hello!", **by(w)),
    "note_added": lambda w, t: commands.comment(t, "Hm.", internal=True, **by(w)),
    "solved": lambda w, t: commands.edit(t, {"status": "solved"}, **by(w)),
    "closed": lambda w, t: commands.close(t, **by(w)),
    "reopened": lambda w, t: (commands.close(t, **by(w)), drain(), commands.reopen(t, **by(w))),
    "rated": lambda w, t: commands.rate(t, scale="five_points", score=5, **by(w)),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_each_event_sets_off_those_that_wait_for_it_alone(world, automate, happening):
    others = [key for key in HAPPENINGS if key not in (happening, "changed")]
    automate(On(of=[happening]), name="waits", add_tags=[Tag.objects.create(organization=world.house, name="a").pk])
    ticket = world.ticket(requester=world.carl.pk, company=world.acme.pk)
    if act := HAPPENINGS[happening]:
        drain()
        assert not Run.objects.exists()
        automate(On(of=others), name="waits for others", text="No") if happening != "reopened" else None
        act(world, ticket)
    drain()
    assert [r.automation.name for r in Run.objects.filter(outcome="done")] == ["waits"]


def test_a_change_can_be_waited_for_by_field_and_value(world, automate):
    automate(On(of=["changed"], field="priority", to="major"), values={"urgency": 5})
    automate(On(of=["changed"], field="assigned_teams", to=world.support.pk), name="Team", values={"impact": 4})
    ticket = world.ticket()
    commands.edit(ticket, {"priority": "high"}, **by(world))
    commands.edit(ticket, {"title": "Other"}, **by(world))
    drain()
    assert (now(ticket).urgency, now(ticket).impact) == (None, None)
    commands.edit(ticket, {"priority": "major"}, **by(world))
    commands.edit(ticket, {"assigned_teams": [world.support.pk]}, **by(world))
    drain()
    assert (now(ticket).urgency, now(ticket).impact) == (5, 4)


@pytest.mark.spec("PL-104")
def test_the_condition_is_what_a_list_shows_of_the_ticket_as_it_is_when_the_job_runs(world, automate):
    automate(CREATED, "status:open printer -tag:vip (priority:high OR priority:major)", values={"urgency": 5})
    hit, other, moved = world.ticket(priority="high"), world.ticket(), world.ticket(priority="high")
    commands.edit(moved, {"priority": "low"}, **by(world))
    drain()
    assert [now(t).urgency for t in (hit, other, moved)] == [5, None, None]


@pytest.mark.spec("RS-041")
def test_however_often_its_job_runs_it_acts_once(world, automate):
    row = automate(CREATED, text="Seen", internal=True)
    ticket = world.ticket()
    for _ in range(3):
        Job.objects.filter(kind="automation.event").update(done=None, error="", tries=0, owner="")
        drain()
    assert Comment.objects.filter(ticket=ticket, type="automation").count() == 1
    assert outcomes() == ["done"] and Run.objects.get().automation == row


def test_they_act_in_their_order_and_nothing_new_is_no_event(world, automate):
    automate(CREATED, name="second", position=2, values={"priority": "major"})
    automate(CREATED, name="first", position=1, values={"priority": "low"})
    automate(CREATED, name="third", position=3, values={"priority": "major"})
    ticket = world.ticket()
    drain()
    assert now(ticket).priority == "major"
    assert [(r.automation.name, r.outcome) for r in Run.objects.order_by("id")] == [
        ("first", "done"),
        ("second", "done"),
        ("third", "nothing"),
    ]


def test_what_the_desk_refuses_is_kept_as_the_outcome_and_holds_up_nobody(world, automate):
    team = world.support
    automate(CREATED, name="nobody", position=1, hand_to=HandTo(team.pk))
    automate(CREATED, name="wrong", position=2, values={"status": "qualification"})
    odd = Status.objects.create(organization=world.house, key="odd", name="Odd", phase="open")
    automate(CREATED, "status:odd OR is:open", name="gone", position=3, text="x")
    odd.delete()
    automate(CREATED, name="fine", position=4, values={"urgency": 1})
    team.members.clear()
    ticket = world.ticket()
    drain()
    assert now(ticket).urgency == 1
    found = {r.automation.name: (r.outcome, r.reason) for r in Run.objects.all()}
    assert found["nobody"] == ("refused", "Nobody in the team can take it.")
    assert found["wrong"][0] == "refused" and found["wrong"][1] and found["fine"] == ("done", "")
    assert found["gone"] == ("refused", "Column 8: There is no status “odd”.")


def test_tickets_go_round_the_team_or_to_the_least_busy(world, automate):
    for login in ("bob", "mona"):
        world.support.members.add(world.people[login])
    world.support.members.add(founding.add_person(world.house, "Gone", role="customer"))
    automate(CREATED, "kind:request", name="turn", hand_to=HandTo(world.support.pk))
    automate(CREATED, "kind:incident", name="load", hand_to=HandTo(world.support.pk, how="load"))
    people = [world.anna.pk, world.bob.pk, world.mona.pk]
    made = [world.ticket(kind="request") for _ in range(4)]
    drain()
    assert [now(t).assignee_id for t in made] == [*people, people[0]]
    assert now(made[0]).status == "assigned", "the desk's rule follows"
    busy = world.ticket(kind="incident")
    drain()
    assert now(busy).assignee_id == world.bob.pk, "Anna has two; of those with one the first"


@pytest.mark.spec("RC-093", "RC-176")
def test_a_message_of_an_automation_leaves_whose_turn_it_is(world, automate):
    automate(On(of=["customer_replied"]), text="We have it, {{requester.first_name}}.", internal=False)
    ticket = world.ticket(requester=world.carl.pk, company=world.acme.pk)
    commands.comment(ticket, "Any news?", **by(world, "carl"))
    drain()
    assert Comment.objects.get(type="automation").text == "We have it, Carl."
    assert queries.awaiting(now(ticket)) == "staff" and now(ticket).latest_side == "customer"
    commands.remove_comment(Comment.objects.get(type="automation"), **by(world, "mona"))
    assert now(ticket).latest_side == "customer"


def test_imports_and_what_happened_long_ago_set_nothing_off(world, automate):
    automate(CREATED, text="x")
    commands.create("incident", {"title": "Old"}, by=world.actor("mona"), via="import")
    commands.create("incident", {"title": "Told"}, **by(world), at=edits.now() - dt.timedelta(days=2))
    drain()
    assert not Run.objects.exists()


def test_a_switched_off_one_and_another_desks_see_nothing(world, automate):
    row = automate(CREATED, text="x")
    ticket = world.ticket()
    keeping.switch(row, False, by=world.actor("mona"))
    commands.create("incident", {"title": "Theirs"}, by=world.actor("olga"), via="test")
    drain()
    assert not Run.objects.exists() and not Comment.objects.filter(ticket=ticket, type="automation")


def test_a_desk_without_automations_pays_no_statement(world, automate):
    ticket = world.ticket()

    def cost(**values):
        with count_statements() as counted:
            commands.edit(ticket, values, **by(world))
        return len(counted)

    without = cost(title="One")
    row = automate(On(of=["closed"]), text="x")
    assert cost(title="Two") == without + 1, "one that waits for something else costs a look at it"
    keeping.switch(row, False, by=world.actor("mona"))
    assert cost(title="Three") == without
    for n in range(3):
        automate(On(of=["changed"]), name=f"{n}", text="x")
    assert cost(title="Four") == without + 2, "and any number of them one job"
    assert Job.objects.waiting().filter(kind="automation.event").count() == 1


# By time --------------------------------------------------------------------------------------------------------
def ages(hours):
    """Everything that has happened so far lies so much longer ago."""
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(at=event.at - dt.timedelta(hours=hours))
    for ticket in Ticket.objects.all():
        Ticket.objects.filter(pk=ticket.pk).update(created_at=ticket.created_at - dt.timedelta(hours=hours))
    for run in Run.objects.exclude(since=None):
        Run.objects.filter(pk=run.pk).update(since=run.since - dt.timedelta(hours=hours))


@pytest.fixture
def tick():
    hours = iter(range(1, 100))
    return lambda: run_tick("automation.time", edits.now() + dt.timedelta(hours=next(hours)))


def test_time_passes_since_the_last_change_and_it_acts_once_for_each(world, automate, tick):
    row = automate(Time(hours=24, since="status"), "status:waiting", text="Still waiting?", internal=False)
    ticket = world.ticket(status="waiting_customer")
    tick()
    assert outcomes() == []
    ages(25)
    commands.edit(ticket, {"title": "Something else"}, **by(world))
    tick()
    tick()
    assert outcomes() == ["done"], "once, and the title does not count"
    ages(25)
    tick()
    assert outcomes() == ["done"], "what it wrote itself does not set the clock back"
    commands.edit(ticket, {"status": "in_progress"}, **by(world))
    commands.edit(ticket, {"status": "waiting_customer"}, **by(world))
    tick()
    assert outcomes() == ["done"]
    ages(25)
    tick()
    assert outcomes() == ["done", "done"]
    event = Event.objects.filter(cause=f"automation:{row.pk}").first()
    assert event.changes["+automation"][0]["event"] is None


@pytest.mark.parametrize("since", ["activity", "message", "created"])
def test_time_is_counted_from_what_it_says(world, automate, tick, since):
    automate(
        Time(hours=24, since=since), "is:open", add_tags=[Tag.objects.create(organization=world.house, name="t").pk]
    )
    ticket = world.ticket(requester=world.carl.pk)
    ages(25)
    commands.edit(ticket, {"title": "Other"}, **by(world))
    tick()
    assert bool(now(ticket).tags) == (since in ("message", "created"))


@pytest.mark.spec("PL-302")
@pytest.mark.parametrize(
    ("when", "condition"),
    [
        (Time(hours=168), "status:solved"),
        (Time(hours=24, since="status"), "status:waiting_customer"),
        (Time(hours=4, since="message"), "status:open assignee:none"),
        (Time(hours=1, since="created"), "kind:incident"),
    ],
)
def test_time_is_looked_for_by_indexes_alone(world, automate, when, condition):
    row = automate(when, condition, text="x")
    plans = plans_of(lambda: list(clock.due(row, edits.now())[:100]), "automation_run")
    assert len(plans) == 1 and "SCAN" not in plans[0] and "Seq Scan" not in plans[0], plans


def test_a_missed_promise_is_an_event_like_others():
    missed = Event(verb="sla_breached", via="rule", changes={"+sla": [{"clock": "response"}]})
    assert happens(On(of=["late"]), missed) and not happens(On(of=["changed", "created", "solved"]), missed)


def test_closing_what_was_solved_a_week_ago_goes_through_all_in_batches(world, automate, tick, monkeypatch):
    from polydesk.features.automation import running

    monkeypatch.setattr(running, "AT_ONCE", 2)
    automate(Time(hours=168), "status:solved", values={"status": "closed"})
    made = [world.ticket(status="solved") for _ in range(5)]
    ages(169)
    late = world.ticket(status="solved")
    tick()
    assert [now(t).status for t in (*made, late)] == ["closed"] * 5 + ["solved"]


def test_runs_are_forgotten_but_for_the_last_of_a_ticket_that_time_may_still_come_for(world, automate, tick):
    automate(CREATED, name="event", text="x")
    automate(Time(hours=1, since="created"), name="time", text="x")
    world.ticket()
    ages(2)
    drain()
    tick()
    assert Run.objects.count() == 2
    Run.objects.update(at=edits.now() - dt.timedelta(days=91))
    run_tick("automation.forget", edits.now() + dt.timedelta(days=1))
    assert Run.objects.get().automation.name == "time"
    assert Automation.objects.count() == 2
