"""The people of `tests.worlds` at the portal's door."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from polydesk.tickets.models import Ticket


@pytest.fixture
def carl(world):
    return signed_in(world.carl)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def text(response) -> str:
    return response.content.decode()


def token(page: str) -> str:
    return re.search(r'name="once" value="([^"]+)"', page)[1]


def asked(world, **values) -> Ticket:
    """A request of Carl's."""
    facts = {"requester": world.carl.pk, "company": world.acme.pk, "title": "Printer down", "description": "It hums."}
    return world.ticket("carl", "request", **{**facts, **values})


def fresh(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)
