"""Random commands on every kind: the events alone always rebuild the present state (PL-021, RS-170)."""

import datetime as dt
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from polydesk.tickets import chain, commands, queries
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.kinds import KINDS, PRIORITIES, STATUSES
from polydesk.tickets.models import Comment, Event, Ticket
from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.tickets.rules.assignment import status_follows_assignment
from tests import worlds

FEW = 5
EXAMPLES = int(os.environ.get("POLYDESK_TORTURE", FEW))
REFUSALS = (Refused, Denied, Missing)
WORDS = st.sampled_from(["printer", "Принтер", "x" * 200, "**bold**", "<script>", "a\nb"])
MOMENTS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC)) | st.none()
SMALL = st.integers(1, 5) | st.none()
NAMES = st.sampled_from(["anna", "bob", "mona", "rita", "carl"])
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "title": WORDS.map(lambda w: w[:100].replace("\n", " ")),
        "description": WORDS | st.just(""),
        "status": st.sampled_from(sorted(STATUSES)),
        "kind": st.sampled_from(sorted(KINDS)),
        "priority": st.sampled_from(sorted(PRIORITIES)) | st.none(),
        "urgency": SMALL,
        "impact": SMALL,
        "due_at": MOMENTS,
        "follow_up_on": st.dates() | st.none(),
        "estimate": st.integers(0, 10**6) | st.none(),
        "purchase_order": st.text("abc1", max_size=50),
        "access_projects": st.lists(st.sampled_from(["p1", "p2", "p3"]), max_size=3),
        "extra": st.dictionaries(st.sampled_from(["crm", "autotask"]), st.just({"n": 1}) | st.none(), max_size=2),
        "final": st.booleans(),
    },
)


class Desk(RuleBasedStateMachine):
    """Two agents, a manager and two customers do what they like."""

    tickets = Bundle("tickets")
    steps = 0
    events = 0

    def __init__(self):
        super().__init__()
        self.world = worlds.build()
        self.ids: list[int] = []

    @rule(target=tickets, kind=st.sampled_from(sorted(KINDS)), values=VALUES, login=NAMES)
    def create(self, kind, values, login):
        values = {"title": "t", **values}
        values.pop("kind", None)
        self._do(lambda: self.ids.append(commands.create(kind, values, by=self._actor(login), via="test").pk))
        return len(self.ids) - 1 if self.ids else -1

    @rule(ticket=tickets, values=VALUES, login=NAMES, opt_in=st.booleans())
    def edit(self, ticket, values, login, opt_in):
        also = (status_follows_assignment,) if opt_in else ()
        self._on(ticket, lambda pk: commands.edit(pk, values, by=self._actor(login), via="test", also=also))

    @rule(ticket=tickets, login=NAMES, people=st.lists(NAMES, max_size=3), team=st.booleans())
    def assign(self, ticket, login, people, team):
        ids = [self.world.people[p].pk for p in people]
        values = {
            "assignee": ids[0] if ids else None,
            "assigned_people": ids[1:],
            "assigned_teams": [self.world.support.pk] if team else [],
            "watchers": ids,
        }
        also = (status_follows_assignment,)
        self._on(ticket, lambda pk: commands.edit(pk, values, by=self._actor(login), via="test", also=also))

    @rule(
        ticket=tickets,
        login=NAMES,
        text=WORDS,
        kind=st.sampled_from(["comment", "task", "solution"]),
        internal=st.booleans(),
    )
    def comment(self, ticket, login, text, kind, internal):
        self._on(
            ticket,
            lambda pk: commands.comment(
                pk, text, by=self._actor(login), via="test", type=kind, internal=internal, seconds=60
            ),
        )

    @rule(ticket=tickets, login=NAMES)
    def remove_newest_comment(self, ticket, login):
        def act(pk):
            newest = Comment.objects.filter(ticket=pk, deleted_at__isnull=True).exclude(type="opening").last()
            if newest:
                commands.remove_comment(newest, by=self._actor(login), via="test")

        self._on(ticket, act)

    @rule(ticket=tickets, login=NAMES)
    def close(self, ticket, login):
        self._on(
            ticket, lambda pk: commands.close(pk, by=self._actor(login), via="test", rating=("five_points", 4, ""))
        )

    @rule(ticket=tickets, login=NAMES)
    def reopen(self, ticket, login):
        self._on(ticket, lambda pk: commands.reopen(pk, by=self._actor(login), via="test", text="again"))

    @rule(one=tickets, other=tickets, type=st.sampled_from(["related", "blocks", "duplicate"]))
    def link(self, one, other, type):
        self._on(one, lambda pk: commands.link(pk, self._id(other), type, by=self._actor("anna"), via="test"))

    @rule(one=tickets, other=tickets)
    def hang_under(self, one, other):
        self._on(one, lambda pk: commands.edit(pk, {"parent": self._id(other)}, by=self._actor("anna"), via="test"))

    @rule(one=tickets, other=tickets)
    def merge(self, one, other):
        self._on(one, lambda pk: commands.merge([pk], self._id(other), by=self._actor("anna"), via="test"))

    @rule(ticket=tickets)
    def split(self, ticket):
        def act(pk):
            ids = list(Comment.objects.filter(ticket=pk, deleted_at__isnull=True).values_list("pk", flat=True)[:2])
            self.ids.append(commands.split(pk, ids, by=self._actor("bob"), via="test").pk)

        self._on(ticket, act)

    @rule(ticket=tickets, back=st.integers(0, 3))
    def undo(self, ticket, back):
        def act(pk):
            events = list(Event.objects.filter(ticket_id=pk).order_by("-number")[: back + 1])
            commands.undo(events[-1], by=self._actor("mona"), via="test")

        self._on(ticket, act)

    @rule(ticket=tickets, bring_back=st.booleans())
    def remove_or_restore(self, ticket, bring_back):
        verb = commands.restore if bring_back else commands.remove
        self._on(ticket, lambda pk: verb(pk, by=self._actor("mona"), via="test"))

    @invariant()
    def events_rebuild_the_present(self):
        for ticket in Ticket.objects.filter(pk__in=self.ids):
            events = Event.objects.filter(ticket_id=ticket.pk).order_by("number")
            was = queries.replay(ticket.pk, events, dt.datetime.now(dt.UTC))
            assert was.version == ticket.version
            assert was.fields == {name: getattr(ticket, field.column) for name, field in FIELDS.items()}
            assert ticket.time_spent == sum(e.seconds for e in ticket.time_entries.all())

    def teardown(self):
        assert not list(chain.broken(self.world.house.pk))
        Desk.events += Event.objects.filter(organization_id=self.world.house.pk).count()
        self._clear()

    def _clear(self):
        from django.db import transaction

        transaction.set_rollback(False)

    def _actor(self, login):
        return self.world.actor(login)

    def _id(self, index):
        return self.ids[index] if 0 <= index < len(self.ids) else 0

    def _on(self, index, act):
        if self._id(index):
            self._do(lambda: act(self._id(index)))

    def _do(self, act):
        Desk.steps += 1
        before = Event.objects.count()
        try:
            act()
        except REFUSALS:
            assert Event.objects.count() == before, "a refusal must write nothing"


@pytest.mark.django_db
@pytest.mark.spec("PL-021", "RS-170", "PL-022", "PL-029", "RC-276")
def test_the_events_of_random_commands_rebuild_the_tickets(monkeypatch):
    from django.contrib.auth.models import User
    from django.db import transaction

    from polydesk.directory.models import Organization

    class Fresh(Desk):
        """Each run in a savepoint of its own, rolled back at its end."""

        def __init__(self):
            self.savepoint = transaction.savepoint()
            super().__init__()

        def _clear(self):
            transaction.savepoint_rollback(self.savepoint)

    Desk.steps = Desk.events = 0
    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Always the same walks, so that their length can be asserted; `POLYDESK_TORTURE` asks for others.
            derandomize=EXAMPLES == FEW,
        ),
    )
    assert Desk.steps > 40 and Desk.events > 20
    print(f"{Desk.steps} steps, {Desk.events} events")  # noqa: T201
    assert not Organization.objects.exists() and not User.objects.exists()
