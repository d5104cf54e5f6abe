"""The stream: what happens reaches those who may know of it, once, also after a break (PL-108)."""

import json
import threading
import time

import pytest
from django.db import connection

from polydesk.features.live import bell, hub, presence
from polydesk.tickets import commands

from .client import Api, token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.spec("PL-108")]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(hub, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(hub, "PING_EVERY", 0.2)
    yield
    hub.HUB.listeners.clear()
    if hub.HUB.thread:
        hub.HUB.thread.join(5)


def messages(answer, most, seconds=10.0):
    """The next messages of an open stream."""
    found, ends = [], time.monotonic() + seconds
    for chunk in answer.streaming_content:
        for text in chunk.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(":"))
            if lines.get("event", "hello") != "hello":
                found.append((lines.get("id"), lines["event"], json.loads(lines["data"])))
        if len(found) >= most or time.monotonic() > ends:
            break
    answer.close()
    return found


def later(act):
    def run():
        time.sleep(0.3)
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_everybody_hears_what_he_may_know_and_resumes_where_he_stopped(api, world):
    made = api.anna.ticket(requester=world.carl.pk, company=world.acme.pk)
    streams = {login: getattr(api, login).get("/stream") for login in ("anna", "carl", "olga")}
    assert streams["anna"]["Content-Type"] == "text/event-stream"
    anna = world.actor("anna")

    def act():
        commands.add_comment(made["id"], "secret", by=anna, via="test", internal=True)
        commands.add_comment(made["id"], "hello", by=anna, via="test")
        commands.edit(made["id"], {"impact": 3}, by=anna, via="test")

    thread = later(act)
    heard = messages(streams["anna"], 3)
    thread.join()
    assert [(kind, data["ticket"]) for _, kind, data in heard] == [("comment", made["id"])] * 2 + [
        ("ticket", made["id"])
    ]
    assert [data["changed"] for _, _, data in messages(streams["carl"], 1)] == [["+comment"]]
    assert messages(streams["olga"], 1, seconds=0.5) == []
    again = api.anna.get("/stream", Last_Event_ID=heard[0][0])
    assert [i for i, _, _ in messages(again, 2)] == [heard[1][0], heard[2][0]]


def test_staff_hear_who_looks_and_who_writes_customers_do_not(api, world):
    made = api.anna.ticket(requester=world.carl.pk, company=world.acme.pk)
    bob = world.actor("bob")
    presence.note(bob, made["id"])
    streams = {login: getattr(api, login).get("/stream") for login in ("anna", "carl", "olga")}

    def act():
        presence.note(bob, made["id"], writing=True)
        time.sleep(0.3)
        presence.leave(bob, made["id"])

    thread = later(act)
    heard = messages(streams["anna"], 3)
    thread.join()
    assert [(kind, data["ticket"]) for _, kind, data in heard] == [("presence", made["id"])] * 3
    assert [[(p["name"], p["doing"]) for p in data["people"]] for _, _, data in heard] == [
        [(world.bob.name, "viewing")],
        [(world.bob.name, "writing")],
        [],
    ]
    for login in ("carl", "olga"):
        assert [kind for _, kind, _ in messages(streams[login], 1, seconds=0.5) if kind == "presence"] == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is asked every second")
def test_a_change_rings_at_once_and_a_lost_line_costs_a_delay_only(api, world, monkeypatch):
    def soon(name, value, within):
        began = time.monotonic()
        thread = later(lambda: commands.edit(made["id"], {name: value}, by=world.actor("bob"), via="test"))
        heard = messages(stream, 1, seconds=within)
        thread.join()
        assert [data["changed"] for _, _, data in heard] == [[name]] and time.monotonic() - began < within
        return api.anna.get("/stream", Last_Event_ID=heard[0][0])

    def line():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'polydesk live'")
            return cursor.fetchone()

    made = api.anna.ticket()
    monkeypatch.setattr(hub, "LOOK_EVERY", 20)
    monkeypatch.setattr(bell, "REST", 20)
    stream = api.anna.get("/stream")
    until(line)
    stream = soon("impact", 2, 3)
    monkeypatch.setattr(hub, "LOOK_EVERY", 0.2)
    monkeypatch.setattr(bell, "RETRY", 1)
    old = until(line)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", old)
    stream = soon("impact", 3, 4)
    until(lambda: line() not in (None, old))
    monkeypatch.setattr(hub, "LOOK_EVERY", 20)
    soon("impact", 4, 3).close()


def until(there):
    ends = time.monotonic() + 10
    while not (found := there()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return found


def test_more_than_one_stream_keeps_comes_with_the_next_ones_and_nothing_is_skipped(api, world, monkeypatch):
    monkeypatch.setattr(hub, "KEPT_AT_MOST", 2)
    made = api.anna.ticket()
    start = "{}-{}".format(*hub.newest(world.house.pk))
    for impact in (1, 2, 3, 4, 5):
        commands.edit(made["id"], {"impact": impact}, by=world.actor("anna"), via="test")
    heard, rounds = [], 0
    while len(heard) < 5 and rounds < 5:
        heard += messages(api.anna.get("/stream", Last_Event_ID=heard[-1][0] if heard else start), 5, seconds=0.3)
        rounds += 1
    assert len({i for i, _, _ in heard}) == len(heard) == 5 and rounds == 3


def test_who_came_before_is_told_to_whoever_begins_to_listen(api, world):
    made = api.anna.ticket(requester=world.carl.pk)
    presence.note(world.actor("bob"), made["id"])
    for stream in (api.anna.get("/stream"), api.anna.get("/stream")):
        ((_, kind, data),) = messages(stream, 1)
        assert (kind, [p["id"] for p in data["people"]]) == ("presence", [world.bob.pk])


def test_too_many_streams_and_bad_positions_are_refused(api, world, settings):
    settings.POLYDESK_STREAMS = 1
    first = api.anna.get("/stream")
    full = api.bob.get("/stream")
    assert (full.status_code, full["Retry-After"]) == (503, "15")
    first.close()
    assert api.anna.get("/stream", Last_Event_ID="nonsense").status_code == 400
    assert Api(token(world.anna, scopes=["companies"])).get("/stream").status_code == 403
