"""Many at once: edits are serial per ticket, numbers are unique, no circle closes, nobody deadlocks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from polydesk.tickets import chain, commands
from polydesk.tickets.models import Event, Relation, Ticket
from polydesk.tickets.refusals import Refused, Stale
from polydesk.tickets.rules.base import refuses
from polydesk.tickets.rules.relations import acyclic
from tests import worlds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return worlds.build()


def at_once(acts, threads=8):
    """Run all acts from several threads, started together; their results, exceptions as values."""
    gate = threading.Barrier(min(threads, len(acts)))

    def run(indexed):
        number, act = indexed
        if number < gate.parties:
            gate.wait(20)
        try:
            return act()
        except Exception as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, enumerate(acts)))


@pytest.mark.spec("RS-010", "RC-270", "AT-344")
def test_parallel_creates_give_distinct_numbers(world):
    anna = world.actor("anna")
    found = at_once(
        [lambda n=n: commands.create("incident", {"title": str(n)}, by=anna, via="t").pk for n in range(64)]
    )
    assert len(set(found)) == 64 and all(isinstance(n, int) for n in found)


@pytest.mark.spec("PL-024", "RS-034", "RS-033")
def test_two_agents_closing_at_once_leave_one_event(world):
    ticket = world.ticket()
    outcomes = at_once([lambda a=a: commands.close(ticket.pk, by=world.actor(a), via="t") for a in ("anna", "bob") * 4])
    assert sum(o.changed for o in outcomes) == 1
    assert Event.objects.filter(ticket_id=ticket.pk, verb="close").count() == 1


@refuses("assignee")
def nobody_has_it(edit):
    """A face's rule for taking a ticket from the queue."""
    return "Somebody was faster." if edit.was("assignee") else None


@pytest.mark.spec("RS-034", "ST-040")
def test_of_many_takers_one_succeeds(world):
    ticket = world.ticket()

    def take(login):
        person = world.people[login]
        return commands.edit(ticket.pk, {"assignee": person}, by=world.actor(login), via="t", also=(nobody_has_it,))

    logins = ["anna", "bob", "mona"] * 6
    outcomes = at_once([lambda x=x: take(x) for x in logins])
    winners = [o for o in outcomes if not isinstance(o, Exception) and o.changed]
    assert len(winners) == 1
    assert all(isinstance(o, Refused) or o in winners or not o.changed for o in outcomes)


@pytest.mark.spec("RS-033", "RS-031")
def test_changes_of_different_fields_all_stay_and_versions_catch_the_rest(world):
    ticket = world.ticket()
    anna = world.actor("anna")
    fields = {"impact": 2, "urgency": 3, "purchase_order": "P", "external_id": "E", "estimate": 60}
    at_once([lambda n=n, v=v: commands.edit(ticket.pk, {n: v}, by=anna, via="t") for n, v in fields.items()])
    fresh = Ticket.objects.get(pk=ticket.pk)
    assert {name: getattr(fresh, name) for name in fields} == fields and fresh.version == 6
    stale = at_once(
        [lambda n=n: commands.edit(ticket.pk, {"impact": n}, by=anna, via="t", if_version=6) for n in (3, 4, 5)]
    )
    assert sum(isinstance(o, Stale) for o in stale) == 2
    assert not list(chain.broken())


@pytest.mark.spec("RS-035", "CE-174")
def test_two_parallel_parents_never_close_a_circle(world):
    anna = world.actor("anna")
    for _ in range(5):
        a, b, c = (world.ticket(title=t) for t in "abc")
        pairs = [(a, b), (b, c), (c, a)]
        at_once([lambda x=x, y=y: commands.edit(x.pk, {"parent": y.pk}, by=anna, via="t") for x, y in pairs])
        parents = dict(Ticket.objects.filter(pk__in=[a.pk, b.pk, c.pk]).values_list("pk", "parent_id"))
        assert None in parents.values()
        assert all(acyclic(pk, parent) for pk, parent in parents.items())


@pytest.mark.spec("RS-036", "RC-281", "CE-160")
def test_opposite_links_neither_deadlock_nor_double(world):
    anna = world.actor("anna")
    for _ in range(5):
        a, b = world.ticket(title="a"), world.ticket(title="b")
        outcomes = at_once(
            [lambda x=x, y=y: commands.link(x.pk, y.pk, "related", by=anna, via="t") for x, y in [(a, b), (b, a)] * 3]
        )
        assert Relation.objects.filter(source__in=[a, b]).count() == 1
        assert sum(isinstance(o, Relation) for o in outcomes) == 1
        assert all(isinstance(o, Relation | Refused) for o in outcomes)


@pytest.mark.spec("RC-282", "CE-043", "CE-142")
def test_an_external_pair_is_taken_once(world):
    from polydesk.directory import actors

    system = actors.system(world.house.pk)
    values = {"title": "t", "external_system": "github", "external_ref": "7"}
    outcomes = at_once([lambda: commands.create("incident", values, by=system, via="t") for _ in range(8)])
    assert Ticket.objects.filter(external_ref="7").count() == 1
    assert all(isinstance(o, Ticket | Refused) for o in outcomes)
