"""Clocks kept by the events of real commands, whoever makes the ticket."""

import datetime as dt

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from polydesk.directory.demo import Desk
from polydesk.directory.models import Asset, Contract, ContractBundle, ContractService, SlaPolicy
from polydesk.features import sla
from polydesk.features.forms.rules import FORM_RULES
from polydesk.features.sla import demo, plans, stories
from polydesk.features.sla.models import Calendar, Clock, Target
from polydesk.jobs.testing import drain, run_tick
from polydesk.tickets import commands
from polydesk.tickets.models import Event, Form, Ticket
from polydesk.tickets.refusals import Refused
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
MONDAY = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
def clock_at():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield lambda hours: traveller.move_to(MONDAY + HOUR * hours)


@pytest.fixture
def gold(world, clock_at):
    policy = SlaPolicy.objects.create(organization=world.house, name="Gold")
    sla.promise(policy, response=60, plan=240, resolution=480)
    return policy


def row(ticket):
    return sla.clocks([ticket])[ticket.pk]


def act(world, login="anna"):
    return {"by": world.actor(login), "via": "test"}


class TestChoosing:
    """AT-320, AT-321: the chain; what the request says wins."""

    @pytest.fixture
    def things(self, world):
        names = ("Asset", "Service", "Bundle", "Contract", "Form", "House")
        policy = {n: SlaPolicy.objects.create(organization=world.house, name=n) for n in names}
        owned = {"organization": world.house}
        contract = Contract.objects.create(**owned, company=world.acme, name="C", sla=policy["Contract"])
        return policy, {
            "asset": Asset.objects.create(**owned, company=world.acme, name="A", sla=policy["Asset"]),
            "contract": contract,
            "contract_service": ContractService.objects.create(
                **owned, contract=contract, name="S", sla=policy["Service"]
            ),
            "contract_bundle": ContractBundle.objects.create(**owned, contract=contract, sla=policy["Bundle"]),
            "form": Form.objects.create(**owned, name="F", defaults={"sla": policy["Form"].pk}),
        }

    @pytest.mark.spec("AT-320", "AT-321", "RC-248", "RC-288")
    @pytest.mark.parametrize("also", [(), FORM_RULES], ids=["any face", "a face that knows forms"])
    @pytest.mark.parametrize(
        ("named", "wanted"),
        [
            (("asset", "contract", "contract_service", "form"), "Asset"),
            (("contract", "contract_service", "form"), "Service"),
            (("contract", "contract_bundle", "form"), "Bundle"),
            (("contract", "form"), "Contract"),
            (("form",), "Form"),
        ],
    )
    def test_first_of_the_chain_is_taken(self, world, things, named, wanted, also):
        policy, rows = things
        values = {"title": "t", "company": world.acme, "due_at": MONDAY, **{name: rows[name] for name in named}}
        ticket = commands.create("incident", values, also=also, **act(world))
        assert ticket.sla_id == policy[wanted].pk

    @pytest.mark.spec("AT-320", "RC-248")
    def test_nothing_of_the_chain_is_null_unless_the_organization_has_its_own(self, world, things):
        policy, _ = things
        assert world.ticket().sla_id is None
        policy["House"].is_default = True
        policy["House"].save()
        assert world.ticket().sla_id == policy["House"].pk
        assert commands.create("incident", {"title": "t"}, **act(world, "olga")).sla_id is None

    @pytest.mark.spec("AT-321", "RC-246")
    def test_explicit_value_wins_null_included_and_must_be_active(self, world, things):
        policy, rows = things
        given = {"company": world.acme, "asset": rows["asset"]}
        assert world.ticket(**given, sla=policy["House"]).sla_id == policy["House"].pk
        assert world.ticket(**given, sla=None).sla_id is None
        policy["House"].is_active = False
        policy["House"].save()
        with pytest.raises(Refused) as refused:
            world.ticket(**given, sla=policy["House"])
        assert [r.field for r in refused.value.refusals] == ["sla"]

    @pytest.mark.spec("AT-320")
    def test_inactive_policy_of_a_thing_is_passed_over(self, world, things):
        policy, rows = things
        SlaPolicy.objects.filter(pk=policy["Asset"].pk).update(is_active=False)
        ticket = world.ticket(company=world.acme, asset=rows["asset"], contract=rows["contract"])
        assert ticket.sla_id == policy["Contract"].pk


class TestClocks:
    """AT-322, AT-323, AT-331, RC-090: due times, stamps, verdicts, pauses."""

    @pytest.mark.spec("AT-322", "RC-090", "RC-288")
    def test_due_times_come_from_the_promises_of_the_priority(self, world, gold, clock_at):
        sla.promise(gold, level=6, response=15, resolution=120)
        clock = row(world.ticket(sla=gold))
        assert (clock.response_due, clock.plan_due, clock.resolution_due) == (
            MONDAY + HOUR, MONDAY + 4 * HOUR, MONDAY + 8 * HOUR)  # fmt: skip
        assert (clock.met, clock.due, clock.next_due) == (None, MONDAY + HOUR, MONDAY + HOUR)
        major = row(world.ticket(sla=gold, priority="major"))
        assert (major.response_due, major.plan_due) == (MONDAY + HOUR / 4, None)

    @pytest.mark.spec("AT-322", "RC-090", "RC-289")
    def test_first_public_word_of_the_staff_is_the_response_stamped_once(self, world, gold, clock_at):
        ticket = world.ticket(by="rita", kind="request", description="Help")
        commands.edit(ticket, {"sla": gold, "assignee": world.bob}, **act(world))
        commands.comment(ticket, "Anybody?", **act(world, "rita"))
        commands.comment(ticket, "hm", internal=True, **act(world))
        assert row(ticket).response_at is None
        clock_at(0.5)
        commands.comment(ticket, "Looking", **act(world))
        clock_at(3)
        commands.comment(ticket, "Still looking", **act(world, "bob"))
        clock = row(ticket)
        assert (clock.response_at, clock.response_by) == (MONDAY + HOUR / 2, world.anna.pk)
        assert (clock.response_assignee, clock.response_met, clock.response_spent) == (world.bob.pk, True, 1800)
        assert clock.due == clock.plan_due

    @pytest.mark.spec("AT-322", "RC-090")
    def test_planning_and_solving_are_stamped_and_judged(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(2)
        commands.edit(ticket, {"status": "in_progress"}, **act(world, "bob"))
        clock_at(5)
        commands.close(ticket, status="solved", **act(world))
        clock = row(ticket)
        assert (clock.plan_at, clock.plan_by, clock.plan_met) == (MONDAY + 2 * HOUR, world.bob.pk, True)
        assert (clock.resolution_at, clock.resolution_by, clock.resolution_met) == (
            MONDAY + 5 * HOUR, world.anna.pk, True)  # fmt: skip
        assert (clock.response_at, clock.response_met) == (MONDAY + 5 * HOUR, False)
        assert (clock.met, clock.due) == (False, None)

    @pytest.mark.spec("AT-322")
    def test_all_in_time_is_met_and_reopening_keeps_the_stamp(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        commands.close(ticket, **act(world))
        assert row(ticket).met is True
        clock_at(2)
        commands.reopen(ticket, **act(world))
        assert (row(ticket).met, row(ticket).resolution_at) == (True, MONDAY)

    def test_policy_may_let_the_clock_go_on_after_reopening(self, world, gold, clock_at):
        gold.settings = {"reopening": "resume"}
        gold.save()
        ticket = world.ticket(sla=gold)
        clock_at(0.5)
        commands.close(ticket, **act(world))
        clock_at(5.5)
        commands.reopen(ticket, **act(world))
        clock = row(ticket)
        assert (clock.resolution_at, clock.resolution_due, clock.met) == (None, MONDAY + 13 * HOUR, None)
        commands.close(ticket, **act(world))
        assert row(ticket).resolution_at == MONDAY + 5.5 * HOUR

    @pytest.mark.spec("AT-323", "AT-331", "RC-247", "RC-090")
    def test_waiting_pauses_and_says_what_is_left(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(0.5)
        commands.comment(ticket, "Which printer?", values={"status": "waiting_customer"}, **act(world))
        clock = row(ticket)
        assert (clock.response_met, clock.paused_at, clock.due) == (True, MONDAY + HOUR / 2, None)
        assert (clock.plan_left, clock.resolution_left, clock.response_left) == (3.5 * 3600, 7.5 * 3600, None)
        assert sla.paused_hours(clock, "waiting_customer") == 3.5
        assert sla.paused_hours(clock, "on_hold") is None
        assert sla.time_left(clock, MONDAY + 90 * HOUR, "resolution") == 7.5 * HOUR
        clock_at(30.5)
        commands.edit(ticket, {"status": "open"}, **act(world))
        clock = row(ticket)
        assert (clock.plan_due, clock.paused_at, clock.plan_left) == (MONDAY + 34 * HOUR, None, None)
        assert sla.paused_hours(clock, "open") is None
        assert sla.time_left(clock, MONDAY + 33 * HOUR) == HOUR
        clock_at(31)
        commands.edit(ticket, {"status": "waiting_customer"}, **act(world))
        assert sla.paused_hours(row(ticket), "waiting_customer") == 3.0

    def test_dropped_tickets_have_no_verdict_and_deleted_ones_are_not_due(self, world, gold, clock_at):
        dropped, deleted = world.ticket(kind="change", sla=gold), world.ticket(sla=gold)
        commands.close(dropped, status="cancelled", **act(world))
        commands.remove(deleted, **act(world, "mona"))
        for ticket in (dropped, deleted):
            assert (row(ticket).met, row(ticket).due, row(ticket).next_due) == (None, None, None)
        commands.restore(deleted, **act(world, "mona"))
        assert row(deleted).due == MONDAY + HOUR
        commands.remove(deleted, **act(world, "mona"))
        commands.purge(deleted, **act(world, "mona"))
        assert not Clock.objects.filter(pk=deleted.pk).exists()


class TestChanges:
    """Recounting when policy, priority, promises or calendars change."""

    def test_priority_recounts_what_is_not_decided(self, world, gold, clock_at):
        sla.promise(gold, level=6, response=10, resolution=120)
        ticket = world.ticket(sla=gold)
        clock_at(0.5)
        commands.comment(ticket, "Looking", **act(world))
        commands.edit(ticket, {"priority": "major"}, **act(world))
        clock = row(ticket)
        assert (clock.response_met, clock.resolution_due, clock.plan_due) == (True, MONDAY + 2 * HOUR, None)

    def test_another_policy_judges_anew_and_none_takes_the_clock_away(self, world, gold, clock_at):
        iron = SlaPolicy.objects.create(organization=world.house, name="Iron")
        sla.promise(iron, response=10)
        ticket = world.ticket(sla=gold)
        clock_at(0.5)
        commands.comment(ticket, "Looking", **act(world))
        commands.edit(ticket, {"sla": iron}, **act(world))
        assert (row(ticket).response_met, row(ticket).policy_id) == (False, iron.pk)
        commands.edit(ticket, {"sla": None}, **act(world))
        assert not sla.clocks([ticket])

    def test_policy_given_late_reads_the_whole_story(self, world, gold, clock_at):
        ticket = world.ticket()
        clock_at(0.5)
        commands.comment(ticket, "Which?", values={"status": "waiting_customer"}, **act(world))
        clock_at(1.5)
        commands.edit(ticket, {"status": "in_progress"}, **act(world, "bob"))
        clock_at(20)
        commands.edit(ticket, {"sla": gold}, **act(world))
        clock = row(ticket)
        assert (clock.response_at, clock.plan_at) == (MONDAY + HOUR / 2, MONDAY + 1.5 * HOUR)
        assert clock.resolution_due == MONDAY + 9 * HOUR

    def test_new_promises_and_calendars_reach_running_clocks(self, world, gold, clock_at):
        running, done = world.ticket(sla=gold), world.ticket(sla=gold)
        commands.close(done, **act(world))
        office = Calendar.objects.create(
            organization=world.house, name="Office", week={"mon": [["09:00", "12:00"]], "tue": [["09:00", "17:00"]]}
        )
        sla.promise(gold, response=60, plan=240, resolution=480, calendar=office)
        drain()
        assert row(running).resolution_due == MONDAY + 29 * HOUR
        assert row(done).resolution_due == MONDAY + 8 * HOUR
        office.week = {"mon": [["09:00", "17:00"]]}
        office.save()
        drain()
        assert row(running).resolution_due == MONDAY + 8 * HOUR
        gold.settings = {"pausing_statuses": ["new"]}
        gold.save()
        drain()
        assert (row(running).paused_at, row(running).due) == (MONDAY, None)

    @pytest.mark.spec("RS-004")
    def test_a_recount_of_many_lets_others_write_in_between(self, world, gold, clock_at):
        tickets = [world.ticket(sla=gold) for _ in range(25)]
        Clock.objects.filter(pk=tickets[-1].pk).update(story={"damaged": True})
        sla.promise(gold, response=60, plan=240, resolution=960)
        with pytest.raises(KeyError):
            drain()
        kept = [row(ticket).resolution_due == MONDAY + 16 * HOUR for ticket in tickets]
        assert kept == [True] * 20 + [False] * 5

    def test_working_shows_how_the_number_came_to_be(self, world, gold, clock_at):
        office = Calendar.objects.create(
            organization=world.house, name="Office", time_zone="Europe/Berlin", week={"mon": [["10:00", "12:00"]]}
        )
        Target.objects.update(calendar=office)
        ticket = world.ticket(sla=gold)
        clock_at(0.5)
        commands.edit(ticket, {"status": "on_hold"}, **act(world))
        clock_at(4)
        shown = [((i.end - i.start) / HOUR, i.counts, i.reason) for i in sla.working(ticket, "resolution")]
        assert shown == [(0.5, True, "business hours"), (3.5, False, "status: on_hold")]
        assert sla.working(world.ticket()) == []


class TestBreaches:
    """RS-193: told once, whoever looks and however late."""

    @pytest.mark.spec("RS-193", "RC-090")
    def test_breach_leaves_one_event_that_is_nobodys_activity(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(0.9)
        run_tick("sla.breaches")
        assert not Event.objects.filter(verb="sla_breached").exists()
        clock_at(1)
        for _ in range(3):
            run_tick("sla.breaches")
        event = Event.objects.get(verb="sla_breached")
        assert (event.side, event.cause, event.ticket_id) == ("system", "service level Gold", ticket.pk)
        assert event.changes == {"+sla": [{"clock": "response", "due": "2026-06-01T10:00:00Z", "policy": gold.pk}]}
        ticket.refresh_from_db()
        assert (ticket.active_at, ticket.active_by_id) == (MONDAY, world.anna.pk)
        clock = row(ticket)
        assert (clock.met, clock.response_met, clock.next_due) == (False, False, MONDAY + 4 * HOUR)
        clock_at(9)
        run_tick("sla.breaches")
        assert len(Event.objects.get(verb="sla_breached", number__gt=event.number).changes["+sla"]) == 2
        assert row(ticket).next_due is None

    @pytest.mark.spec("RS-193")
    def test_answer_that_comes_late_but_before_the_tick_is_still_told(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(1.5)
        commands.comment(ticket, "Sorry", **act(world))
        run_tick("sla.breaches")
        run_tick("sla.breaches", now=MONDAY + 2 * HOUR)
        assert Event.objects.filter(ticket_id=ticket.pk, verb="sla_breached").count() == 1

    def test_paused_clock_is_not_missed_but_what_was_missed_before_is(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(1.5)
        commands.edit(ticket, {"status": "on_hold"}, **act(world))
        clock_at(100)
        run_tick("sla.breaches")
        assert [p["clock"] for e in Event.objects.filter(verb="sla_breached") for p in e.changes["+sla"]] == [
            "response"
        ]

    def test_more_time_takes_the_breach_back_and_it_can_be_missed_again(self, world, gold, clock_at):
        ticket = world.ticket(sla=gold)
        clock_at(2)
        run_tick("sla.breaches")
        sla.promise(gold, response=180, plan=600, resolution=900)
        drain()
        assert (row(ticket).met, row(ticket).due) == (None, MONDAY + 3 * HOUR)
        clock_at(3.1)
        run_tick("sla.breaches")
        assert Event.objects.filter(verb="sla_breached").count() == 2

    def test_lists_of_overdue_and_soon(self, world, gold, clock_at):
        late, near, calm = world.ticket(sla=gold), world.ticket(sla=gold), world.ticket()
        commands.comment(near, "Looking", **act(world))
        moment = MONDAY + 3.5 * HOUR
        every = Ticket.objects.all()
        assert list(sla.overdue(every, moment)) == [late]
        assert list(sla.soon(every, moment, HOUR)) == [near]
        assert calm not in sla.overdue(every, moment)


class TestCost:
    """What a ticket pays for its clock."""

    def cost(self, world, **values):
        actor = world.actor("anna")
        with count_statements() as counted:
            commands.create("incident", {"title": "t", **values}, by=actor, via="test")
        return len(counted)

    def test_create_pays_two_statements_with_a_policy_and_none_without(self, world, gold, monkeypatch):
        monkeypatch.setattr(plans, "_remembered", {})
        asset = Asset.objects.create(organization=world.house, company=world.acme, name="A", sla=gold)
        bare = Asset.objects.create(organization=world.house, company=world.acme, name="B")
        named = {"company": world.acme}
        # A test never commits, so what the process would remember from its first ticket on is told here.
        plans._remembered[world.house.pk] = (float("inf"), None)
        without = self.cost(world, **named, asset=bare)
        assert self.cost(world, **named, asset=asset) <= without + 2
        from polydesk.features.sla import rules
        from polydesk.tickets.rules import _last

        _last.remove(rules.policy_is_chosen)
        try:
            assert self.cost(world, **named, asset=bare) == without
        finally:
            _last.append(rules.policy_is_chosen)

    def test_edits_of_tickets_without_a_policy_pay_nothing(self, world, gold):
        ticket, timed = world.ticket(), world.ticket(sla=gold)
        actor = world.actor("anna")
        costs = []
        for one in (ticket, timed):
            with count_statements() as counted:
                commands.edit(one, {"status": "open"}, by=actor, via="test")
            costs.append(len(counted))
        assert costs[1] <= costs[0] + 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"week": {"mon": [["17:00", "09:00"]]}},
        {"week": {"someday": [["09:00", "17:00"]]}},
        {"week": {"mon": []}},
        {"time_zone": "Mars/Olympus"},
        {"region": "XX", "week": {"mon": [["09:00", "17:00"]]}},
        {"week": {"mon": 7}},
    ],
)
def test_calendar_that_cannot_be_counted_with_is_not_stored(world, wrong):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        Calendar.objects.create(organization=world.house, name="x", **wrong)


STEPS = ("open", "waiting_customer", "in_progress", "on_hold", "solved", "reply", "note", "customer", "major", "low")


class TestStory(TestCase):
    """The row is what the events say: any run of commands leaves what reading all events anew gives."""

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 300)), max_size=7))
    def test_row_equals_the_row_made_from_all_events(self, steps):
        from tests import worlds

        world = worlds.build()
        gold = SlaPolicy.objects.create(organization=world.house, name="Gold")
        sla.promise(gold, response=60, plan=240, resolution=480)
        with time_machine.travel(MONDAY, tick=False) as traveller:
            ticket = world.ticket(by="rita", kind="request")
            commands.edit(ticket, {"sla": gold}, **act(world))
            moment = MONDAY
            for step, minutes in steps:
                moment += dt.timedelta(minutes=minutes)
                traveller.move_to(moment)
                self._do(world, ticket, step)
            clock = row(ticket)
            told = stories.of(Event.objects.filter(ticket_id=ticket.pk).order_by("number"))
            assert clock.story == stories.dump(told)
            kept = {name: getattr(clock, name) for name in ("resolution_at", "resolution_due", "plan_due", "paused_at")}
            clock.delete()
            commands.edit(ticket, {"title": "Other", "priority": "high"}, **act(world))
            if kept["resolution_at"] is None:
                assert {name: getattr(row(ticket), name) for name in kept} == kept

    def _do(self, world, ticket, step):
        if step in ("reply", "note"):
            commands.comment(ticket, "x", internal=step == "note", **act(world))
        elif step == "customer":
            commands.comment(ticket, "x", **act(world, "rita"))
        elif step in ("major", "low"):
            commands.edit(ticket, {"priority": step}, **act(world))
        else:
            commands.edit(ticket, {"status": step}, **act(world))


def test_demo_furnishes_things_with_service_levels_once(world):
    device, service = (
        Asset.objects.create(organization=world.house, company=world.acme, name=type_, type=type_)
        for type_ in ("device", "service")
    )
    desk = Desk(world.house, world.other, world.people, world.acme, world.beta, world.support)
    demo.furnish(desk)
    Target.objects.update(response=1)
    demo.furnish(desk)
    assert set(Target.objects.values_list("response", flat=True)) == {1}
    assert row(world.ticket(company=world.acme, asset=device)).policy.name == "Office support"
    assert row(world.ticket(company=world.acme, asset=service)).policy.name == "Around the clock"
    assert world.ticket().sla_id is None
