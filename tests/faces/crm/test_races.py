"""Numbers are given at the insert and seen after the commit: paging by the last id misses none (CR-055, ST-118)."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from polydesk.faces.crm import presets
from polydesk.tickets import commands
from polydesk.web import settled

from .conftest import Crm, key

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
    pytest.mark.spec("CR-055"),
]
assert connection


class Slow(threading.Thread):
    """Somebody who makes a ticket and takes his time to commit it."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.number = world, None
        self.made, self.may_commit = threading.Event(), threading.Event()

    def run(self):
        try:
            with transaction.atomic():
                ticket = commands.create("request", {"title": "slow"}, by=self.world.actor("anna"), via="test")
                self.number = str(ticket.pk)
                self.made.set()
                self.may_commit.wait(20)
        finally:
            connections.close_all()


@pytest.fixture
def slow(world):
    thread = Slow(world)
    yield thread
    thread.may_commit.set()
    thread.join(20)


@pytest.fixture
def api(world):
    presets.ship(world.house.pk)
    return Crm(key(world.anna))


def ids(tickets):
    return [ticket["id"] for ticket in tickets]


def test_a_higher_number_is_withheld_while_a_lower_one_is_on_its_way(api, slow, monkeypatch):
    monkeypatch.setattr(settled, "PATIENCE", 0.2)
    before = api.post("/tickets/", subject="before")["id"]
    assert ids(api.get("/tickets/")) == [before]
    slow.start()
    assert slow.made.wait(20)
    quick = api.post("/tickets/", subject="quick")["id"]
    assert int(slow.number) < int(quick)
    assert api.get(f"/tickets/{quick}")["id"] == quick, "by its number it is there at once"
    assert ids(api.get(f"/tickets/?idAfter={before}")) == []
    slow.may_commit.set()
    slow.join(20)
    assert ids(api.get(f"/tickets/?idAfter={before}")) == [slow.number, quick]


def test_a_writer_who_ends_soon_is_waited_for(api, slow):
    slow.start()
    assert slow.made.wait(20)
    quick = api.post("/tickets/", subject="quick")["id"]
    threading.Timer(0.3, slow.may_commit.set).start()
    began = time.monotonic()
    assert ids(api.get("/tickets/")) == [slow.number, quick]
    assert 0.2 < time.monotonic() - began < 2


def test_a_follower_of_busy_writers_sees_every_ticket_once(api, world):
    stop, errors = threading.Event(), []

    def write():
        try:
            while not stop.is_set():
                with transaction.atomic():
                    commands.create("request", {"title": "busy"}, by=world.actor("anna"), via="test")
                    time.sleep(0.004)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, daemon=True) for _ in range(4)]
    for writer in writers:
        writer.start()
    seen, last, ends = [], "0", time.monotonic() + 2
    while time.monotonic() < ends:
        page = ids(api.get(f"/tickets/?idAfter={last}"))
        seen += page
        last = seen[-1] if seen else last
    stop.set()
    for writer in writers:
        writer.join(20)
    seen += ids(api.get(f"/tickets/?idAfter={last}"))
    assert not errors and seen == ids(api.get("/tickets/")) and len(seen) > 20
