"""A real service desk's log through the engine: everything arrives, twice is once, and nothing is dropped silently."""

import datetime as dt

import pytest
from django.db import connection

from polydesk.directory.models import Team
from polydesk.features.importing import servicenow
from polydesk.features.importing.servicenow import PRIORITIES, STATES
from polydesk.tickets import chain, queries
from polydesk.tickets.fields import FIELDS
from polydesk.tickets.models import Event, Ticket

from . import logs

pytestmark = pytest.mark.django_db


def last_rows(rows):
    return {row["number"]: row for row in rows}


def check_all(organization, rows):
    """PL-152 for every incident."""
    tickets = {t.external_ref: t for t in Ticket.objects.filter(organization=organization)}
    teams = dict(Team.objects.filter(organization=organization).values_list("pk", "name"))
    last = last_rows(rows)
    assert set(tickets) == set(last)
    for number, row in last.items():
        ticket = tickets[number]
        expected = (
            STATES[row["incident_state"]],
            PRIORITIES[row["priority"][0]],
            int(row["reopen_count"]),
            [] if row["assignment_group"] == "?" else [f"Group {row['assignment_group']}"],
        )
        found = (ticket.status, ticket.priority, ticket.reopen_count, [teams[t] for t in ticket.assigned_teams])
        assert found == expected, number


@pytest.mark.skipif(not logs.REAL.exists(), reason="the log is not beside the project")
@pytest.mark.spec("PL-150", "PL-151", "PL-152", "RC-341")
def test_the_real_log_arrives_whole(world, tmp_path):
    """All 20,000 incidents on SQLite; on PostgreSQL, where the same code takes longer, the first thousand."""
    rows, path, incidents = logs.read(logs.REAL), logs.REAL, 20_000
    if connection.vendor == "postgresql":
        rows, path, incidents = logs.read(logs.REAL, incidents=1000), tmp_path / "log.csv", 1000
        logs.write(path, rows)
    summary = servicenow.replay(path, world.other)
    assert (summary.tickets, summary.rows, summary.refused) == (incidents, len(rows), 0)
    assert summary.events == Event.objects.filter(organization_id=world.other.pk).count()
    check_all(world.other, rows)
    assert not list(chain.broken(world.other.pk))
    ticket = Ticket.objects.filter(organization=world.other).order_by("-version").first()
    was = queries.replay(
        ticket.pk, Event.objects.filter(ticket_id=ticket.pk).order_by("number"), dt.datetime.now(dt.UTC)
    )
    assert was.fields == {name: getattr(ticket, f.column) for name, f in FIELDS.items()}


@pytest.mark.spec("PL-151")
def test_a_second_run_changes_nothing_and_a_longer_log_goes_on(world, tmp_path):
    path = tmp_path / "log.csv"
    rows = logs.generate(path, 40)
    half = rows[: len(rows) // 2]
    logs.write(path, half)
    first = servicenow.replay(path, world.other)
    logs.write(path, rows)
    second = servicenow.replay(path, world.other)
    assert first.tickets + second.tickets == 40
    check_all(world.other, rows)
    before = list(Event.objects.order_by("pk").values_list("digest", flat=True))
    third = servicenow.replay(path, world.other)
    assert (third.tickets, third.events) == (0, 0)
    assert list(Event.objects.order_by("pk").values_list("digest", flat=True)) == before


@pytest.mark.spec("PL-151", "PL-150")
def test_broken_rows_are_taken_as_far_as_they_mean_something(world, tmp_path):
    path = tmp_path / "log.csv"
    rows = logs.generate(path, 3)
    first = rows[0]["number"]
    good = [r for r in rows if r["number"] == first][:1]
    unknown = good[0] | {"incident_state": "Sleeping", "priority": "7 - odd", "sys_updated_at": "1/1/2016 00:00"}
    no_time = good[0] | {"sys_updated_at": "yesterday", "assigned_to": "3"}
    nameless = good[0] | {"number": "?"}
    logs.write(path, [*good, unknown, no_time, nameless])
    with path.open("a") as file:
        file.write(f"{first},Resolved\n")
    told = []
    summary = servicenow.replay(path, world.other, report=lambda line, reason, refused: told.append((line, reason)))
    ticket = Ticket.objects.get(organization=world.other)
    assert ticket.status == "solved"
    assert {line for line, _ in told} == {3, 4, 5, 6}
    reasons = " | ".join(reason for _, reason in told)
    for words in (
        "unknown state “Sleeping”",
        "runs backwards",
        "is no time",
        "names no incident",
        "2 columns in place of 36",
    ):
        assert words in reasons
    assert summary.refused == 1


@pytest.mark.spec("PL-150")
def test_a_file_that_is_no_log_is_refused(world, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="lacks the column number"):
        servicenow.replay(path, world.other)
