"""Querysets whose SQL is written once give the rows of those that are written anew."""

import threading

import pytest
from django.db import connection

from polydesk.directory import sharing
from polydesk.faces.desk import rail
from polydesk.features import sla
from polydesk.features.search.models import View
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Ticket
from polydesk.web.compiled import Compiled
from polydesk.web.testing import count_statements
from tests import worlds

_TICKET = Compiled(lambda pk: Ticket.objects.select_related("requester", "company").filter(pk=pk, phase="new"))
_NUMBERED = Compiled(lambda *ids: Ticket.objects.filter(pk__in=ids).order_by("-pk").values("pk", "title", "created_at"))


def facts(row):
    return {name: value for name, value in vars(row).items() if name != "_state"}


@pytest.mark.spec("PL-302", "PL-304")
@pytest.mark.django_db
def test_rows_are_those_of_the_queryset_in_one_statement(world):
    tickets = [world.ticket(title=f"Ticket {n}", requester=world.carl) for n in range(3)]
    for ticket in tickets:
        with count_statements() as ran:
            [found] = _TICKET(ticket.pk)
            assert found.requester.name
        anew = Ticket.objects.select_related("requester", "company").get(pk=ticket.pk)
        assert facts(found) == facts(anew) and found.requester == anew.requester and len(ran) == 1
    assert _TICKET(2**62) == []
    pks = [t.pk for t in tickets]
    for ids in (pks, [pks[0], pks[0], pks[2]]):
        anew = Ticket.objects.filter(pk__in=ids).order_by("-pk").values("pk", "title", "created_at")
        assert _NUMBERED(*ids) == list(anew)


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own(transactional_db):
    world = worlds.build()
    ticket, found = world.ticket(title="Seen by two"), []
    assert _TICKET(ticket.pk)[0].title == "Seen by two"

    def read():
        try:
            found.append(_TICKET(ticket.pk)[0].title)
        finally:
            connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert found == ["Seen by two"]


@pytest.mark.spec("RC-177", "RS-115")
@pytest.mark.django_db
def test_the_newest_entries_and_events_are_those_that_the_actor_may_read(world):
    ticket = world.ticket(title="Printer", requester=world.carl)
    for n, internal in enumerate((False, True, False, True)):
        commands.comment(ticket, f"Entry {n}", internal=internal, by=world.actor("anna"), via="test")
    ticket.refresh_from_db()
    for name in ("anna", "bob", "mona", "rita", "carl"):
        actor = world.actor(name)
        entries, events = list(queries.comments(actor, ticket)), list(queries.history(actor, ticket))
        assert queries.latest_comments(actor, ticket, 50) == entries, name
        assert queries.latest_comments(actor, ticket, 2) == entries[-2:], name
        assert queries.latest_events(actor, ticket, 50) == events, name
    staff, customer = (queries.latest_comments(world.actor(name), ticket, 50) for name in ("anna", "carl"))
    assert len(staff) == len(customer) + 2


@pytest.mark.django_db
def test_shared_rows_are_the_same_read_either_way(world):
    View.objects.create(organization=world.house, name="Everybody's", query="status:new")
    View.objects.create(organization=world.house, name="Anna's", query="status:new", owner=world.anna)
    View.objects.create(organization=world.other, name="Foreign", query="status:new")
    for name, views in (("anna", 2), ("bob", 1), ("olga", 1)):
        actor = world.actor(name)
        anew = View.objects.filter(sharing.visible(actor)).order_by("position", "name", "id")
        assert rail.saved(actor) == list(anew) and len(anew) == views, name


@pytest.mark.django_db
def test_no_clock_is_no_clock(world):
    tickets = [world.ticket(title=f"Ticket {n}") for n in range(3)]
    assert sla.clocks([]) == sla.clocks(tickets[:1]) == sla.clocks(tickets) == {}
