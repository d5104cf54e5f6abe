"""The small desk of `world.py`, and its people signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.faces.desk import world as worlds


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
