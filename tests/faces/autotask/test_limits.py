"""The hour's requests and the calls at once (section 12)."""

import json
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from polydesk.faces.autotask import demo, rolling
from polydesk.faces.autotask.limits import running
from polydesk.faces.autotask.models import HourSlot
from polydesk.tickets.models import Ticket
from polydesk.web.testing import count_statements
from tests import worlds

from .conftest import Api


@pytest.fixture(autouse=True)
def limited_to(settings):
    """Sets the hour's limit; what this process has counted is forgotten before and after."""
    settings.POLYDESK_RATE_LIMITS = "on"
    rolling.forget()

    def limit(most):
        settings.POLYDESK_AT_LIMIT_HOUR = most

    yield limit
    rolling.forget()


def counted(api):
    return api.get("ThresholdInformation")["currentTimeframeRequestCount"]


def age(seconds):
    """Everything counted so far becomes older."""
    for row in list(HourSlot.objects.all()):
        slot = row.slot - seconds // rolling.SLOT
        HourSlot.objects.filter(pk=row.pk).update(slot=slot, place=slot % rolling.PLACES)
    rolling.forget()


@pytest.mark.spec("AT-008", "AT-540", "AT-541")
def test_beyond_the_hourly_limit_requests_get_429_until_the_hour_has_rolled_on(api, limited_to):
    limited_to(3)
    answers = [Client().get("/atservicesrest/v1.0/Version", headers=api.headers) for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert 3590 <= int(answers[-1]["Retry-After"]) <= 3610 and "3 requests" in answers[-1].json()["errors"][0]
    assert api.get("ThresholdInformation") == {
        "externalRequestThreshold": 3,
        "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": 3,
    }
    assert Client().get(f"/atservicesrest/v1.0/zoneInformation?user={demo.API_USER}").status_code == 200
    age(3590)
    answer = Client().get("/atservicesrest/v1.0/Version", headers=api.headers)
    assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 20
    age(30)
    api.get("Version")
    assert counted(api) == 1


@pytest.mark.spec("AT-540")
def test_the_limit_is_one_for_all_keys_of_an_organization_and_for_no_other(world, api, limited, limited_to):
    limited_to(4)
    for one in (api, limited, api, limited):
        one.get("Version")
    api.get("Version", status=429)
    limited.get("Version", status=429)
    Api(demo.issue(world.olga)).get("Version")
    limited_to(0)
    api.get("Version")


@pytest.mark.spec("AT-540", "PL-304")
def test_a_request_is_counted_without_a_statement_and_every_one_is_counted(api, limited_to):
    limited_to(10_000)
    before = counted(api)
    with count_statements() as ran:
        for _ in range(70):
            api.get("Version")
    written = [text for text in ran.sql if HourSlot._meta.db_table in text]
    assert len(written) == 2
    assert counted(api) == before + 70
    api.get("Nothing/query", status=404)
    assert counted(api) == before + 71


@pytest.mark.spec("AT-008", "AT-540")
@pytest.mark.django_db(transaction=True)
def test_what_was_counted_in_memory_is_written_after_a_second():
    tally, rows = rolling.of(7), HourSlot.objects.filter(organization_id=7)
    with count_statements() as ran:
        assert [tally.take(10_000) for _ in range(5)] == [0] * 5
    assert not len(ran), ran.sql
    ends = time.monotonic() + 30
    while sum(row.used for row in rows.all()) < 5 and time.monotonic() < ends:
        time.sleep(0.05)
    assert sum(row.used for row in rows.all()) == 5 and tally.used() == 5


def burst(requests):
    tally = rolling.Tally(7)
    return sum(tally.take(1000) == 0 for _ in range(requests))


@pytest.mark.spec("AT-540", "RS-160")
@pytest.mark.django_db(transaction=True)
def test_a_burst_from_eight_processes_stays_within_the_limit():
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(8) as pool:
        allowed = sum(pool.map(burst, [200] * 8, chunksize=1))
    assert 990 <= allowed <= 1050
    assert rolling.of(7).used() == allowed


@pytest.mark.spec("AT-542", "AT-008")
@pytest.mark.django_db(transaction=True)
def test_the_call_beyond_those_at_once_is_refused_per_identifier_and_entity(settings):
    """Two updates wait for a row that the test holds; they are the calls that run at once."""
    settings.POLYDESK_AT_LIMIT_THREADS = 2
    world = worlds.build()
    demo.build(world.house)
    user = demo.api_user(world.house, demo.API_USER)
    api, other = (Api(demo.issue(user)) for _ in range(2))
    number = world.ticket(title="Held").pk

    def write(title):
        body = json.dumps({"id": number, "title": title})
        try:
            return Client().patch("/atservicesrest/v1.0/Tickets", body, headers=api.headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Ticket.objects.filter(pk=number).update(title="Held by the test")
            held = [pool.submit(write, title) for title in ("One", "Two")]
            ends = time.monotonic() + 5
            while sum(running.values()) < 2 and time.monotonic() < ends:
                time.sleep(0.01)
            for _ in range(3):
                assert "thread" in api.get(f"Tickets/{number}", status=429)[0]
            api.post("tickets/query", {"filter": []}, status=429)
            api.get("ThresholdInformation")
            api.post("Companies/query", {"filter": []})
            api.post("TicketNotes/query", {"filter": []})
            other.get(f"Tickets/{number}")
        assert [answer.result() for answer in held] == [200, 200]
    assert api.item("Tickets", number)["title"] in ("One", "Two")
