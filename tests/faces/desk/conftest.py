"""The small desk of `world.py`, and its people signed in."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from polydesk.faces.desk import rail, sending
from polydesk.features.live import hub
from tests.faces.desk import world as worlds

HELD = sending.HOLD
LATER = dt.timedelta(minutes=5)


@pytest.fixture(autouse=True)
def nothing_is_sent_while_a_slow_test_still_looks(monkeypatch):
    """Held answers go out when a test says so: `drain(ahead=LATER)`."""
    monkeypatch.setattr(sending, "HOLD", dt.timedelta(minutes=2))


@pytest.fixture(autouse=True)
def no_counts_of_other_tests():
    rail._counted.clear()


@pytest.fixture(autouse=True)
def streams_look_often(monkeypatch):
    monkeypatch.setattr(hub, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(hub, "PING_EVERY", 0.5)


@pytest.fixture
def world(db):
    return worlds.build()


@pytest.fixture
def tess(world):
    return signed_in(world.tess)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client
