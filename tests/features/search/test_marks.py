"""Whose a document is: searches look at those of one organization alone; what an older release wrote gets its mark."""

# ruff: noqa: S608 - texts are made of constants; values are bound

import pytest
from django.db import connection

from polydesk.features import search
from polydesk.features.search import marks, words
from polydesk.jobs.testing import run_tick
from polydesk.tickets import commands
from polydesk.tickets.statements.reading import Reading
from polydesk.web.testing import count_statements

pytestmark = pytest.mark.django_db


def found(world, q, by="anna"):
    return list(search.tickets(world.actor(by), q).values_list("title", flat=True))


def written_by_an_older_release(*tickets):
    """Their documents as they were before there were marks."""
    with connection.cursor() as cursor:
        for ticket in tickets:
            mark = words.mark(ticket.organization_id)
            if connection.vendor == "postgresql":
                columns = "public = ts_delete(public, %s), search_document = ts_delete(search_document, %s)"
                cursor.execute(f"UPDATE search_document SET {columns} WHERE ticket_id = %s", [mark, mark, ticket.pk])
            else:
                columns = "public = replace(public, %s, '')"
                cursor.execute(f"UPDATE search_document SET {columns} WHERE rowid = %s", [mark, ticket.pk])


@pytest.fixture
def forgetful(monkeypatch):
    """A worker that has just begun."""
    monkeypatch.setattr(marks, "_seen", None)


@pytest.mark.spec("RS-183", "RS-184")
def test_documents_of_the_release_before_are_marked_once_and_keep_what_they_say(world):
    tickets = [world.ticket(title=f"Plotter {n} jammed", by="olga" if n == 2 else "anna") for n in range(3)]
    commands.comment(tickets[0], "toner", by=world.actor("anna"), via="test", internal=True)
    written_by_an_older_release(*tickets)
    assert found(world, "plotter") == []
    assert marks.mark_all() == 3
    assert found(world, '"1 jammed"') == ["Plotter 1 jammed"] and found(world, "toner") == ["Plotter 0 jammed"]
    assert found(world, "plotter") == ["Plotter 1 jammed", "Plotter 0 jammed"]
    assert found(world, "plotter", by="olga") == ["Plotter 2 jammed"]
    assert marks.mark_all() == 0


@pytest.mark.spec("RS-184")
def test_the_worker_marks_what_an_older_release_writes_beside_it(world, forgetful):
    before = world.ticket(title="Plotter before")
    written_by_an_older_release(before)
    assert run_tick("search.marks")
    assert found(world, "plotter") == ["Plotter before"], "all there is, at the first look"
    after = world.ticket(title="Plotter after")
    written_by_an_older_release(after)
    with count_statements() as statements:
        marks.mark_late(None)
    assert found(world, "plotter") == ["Plotter after", "Plotter before"]
    assert len(statements) == 3
    with count_statements() as statements:
        marks.mark_late(None)
    assert len(statements) == 2, "nothing to do costs no write"


@pytest.mark.spec("PL-104")
def test_what_is_added_to_a_document_leaves_its_mark(world):
    ticket = world.ticket(title="Plotter")
    commands.comment(ticket, "capacitor", by=world.actor("anna"), via="test")
    commands.edit(ticket, {"title": "Scanner"}, by=world.actor("anna"), via="test")
    assert found(world, "capacitor scanner") == ["Scanner"] and marks.mark_all() == 0


@pytest.mark.spec("RS-113", "RS-091")
@pytest.mark.parametrize("q", ["{}", '"{}"', "{}*", '"{}*"', "plotter {}", "{} OR {}", "-{}"])
def test_nobody_can_ask_for_the_mark_of_another_organization(world, q):
    ours, _ = world.ticket(title="Plotter of ours"), world.ticket(title="Plotter of others", by="olga")
    theirs = words.mark(world.other.pk)
    assert set(found(world, q.replace("{}", theirs))) <= {ours.title}
    assert words.split(theirs) == [str(world.other.pk)], "to us it is a number"


def read_for(world, q):
    """How much a page and a count look at: steps of SQLite's program; on PostgreSQL entries that the index gives."""
    anna = world.actor("anna")
    asked = search.condition(anna, q)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            match = asked.sql.partition("WHERE")[2].rstrip(")")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1 FROM search_document WHERE {match}", asked.values)
            [scan] = cursor.fetchone()[0][0]["Plan"]["Plans"]
            assert scan["Index Name"] == "search_keys_everything"
            return scan["Actual Rows"]
    steps = []
    connection.connection.set_progress_handler(lambda: steps.append(1), 1)
    try:
        Reading(["id"]).page(anna, conditions=[asked], descending=True, after=None, limit=7)
        search.count(search.tickets(anna, q))
    finally:
        connection.connection.set_progress_handler(None, 1)
    return len(steps)


@pytest.mark.spec("PL-303")
def test_what_other_organizations_have_written_costs_no_search_anything(world):
    for n in range(3):
        world.ticket(title=f"Plotter {n}")
    alone = read_for(world, "plotter")
    for n in range(60):
        world.ticket(title=f"Plotter {n}", by="olga")
    assert read_for(world, "plotter") <= alone * 1.2
