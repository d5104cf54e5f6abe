"""The small desk of `world.py`, and its people signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from polydesk.faces.desk import rail
from tests.faces.desk import world as worlds


@pytest.fixture(autouse=True)
def no_counts_of_other_tests():
    rail._counted.clear()


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
