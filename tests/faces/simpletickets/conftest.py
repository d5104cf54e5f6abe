"""People with a browser in front of the tickets: Rita and Carl own some, Anna and Bob are staff, Mona is admin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from simpletickets.models import Ticket

PROBLEM = "The printer on floor two is dead"
SOLUTION = "Replaced the fuser unit and tested it"


@dataclass
class Browser:
    """One person's session, speaking of tickets by their ids."""

    user: Any
    client: Client = field(default_factory=Client)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.client.get(f"/tickets/{path}", **kwargs)

    def post(self, path: str, data: Any = None, **kwargs: Any) -> Any:
        return self.client.post(f"/tickets/{path}", data or {}, **kwargs)

    def create(self, description: str = PROBLEM, **data: Any) -> int:
        answer = self.post("new-ticket/", {"ticket_type": 2, "severity": 2, "description": description, **data})
        assert (answer.status_code, answer["Location"]) == (302, "/tickets/list/"), answer.content
        return Ticket.objects.order_by("-pk")[0].pk

    def work(self, number: int, **data: Any) -> Any:
        ticket = Ticket.objects.get(pk=number)
        now = {
            "staff": ticket.staff.pk if ticket.staff else self.user.pk,
            "ticket_type": ticket.ticket_type,
            "severity": ticket.severity,
            "state": max(ticket.state, 2),
            "resolution_text": ticket.resolution,
        }
        return self.post(f"edit-ticket-{number}/", {**now, **data})

    def explain(self, number: int, description: str = "It stopped printing again this morning", **data: Any) -> Any:
        return self.post(
            f"edit-ticket-{number}/", {"ticket_type": 2, "severity": 2, "description": description, **data}
        )

    def listed(self) -> list[int]:
        return [int(n) for n in re.findall(r'data-ticket-id="(\d+)"', self.get("list/").content.decode())]


def state(number: int) -> int:
    return Ticket.objects.get(pk=number).state


@pytest.fixture
def people(world, settings):
    """Everybody with a session, by login; groups made by the command."""
    settings.BASE_TEMPLATE = "simpletickets/plain_base.html"
    call_command("st_create_groups", verbosity=0)
    staff, admins = Group.objects.get(name="simpleticket_staff"), Group.objects.get(name="simpleticket_admin")
    for person, group in ((world.anna, staff), (world.bob, staff), (world.mona, admins)):
        person.user.groups.add(group)
    browsers = {}
    for login, person in world.people.items():
        browsers[login] = Browser(person.user)
        browsers[login].client.force_login(person.user)
    return browsers


@pytest.fixture
def rita(people):
    return people["rita"]


@pytest.fixture
def carl(people):
    return people["carl"]


@pytest.fixture
def anna(people):
    return people["anna"]


@pytest.fixture
def bob(people):
    return people["bob"]


@pytest.fixture
def mona(people):
    return people["mona"]


@pytest.fixture
def solved(rita, anna):
    """A ticket of Rita that Anna has solved."""
    number = rita.create()
    anna.get(f"edit-ticket-{number}/")
    assert anna.work(number, state=8, resolution_text=SOLUTION).status_code == 302
    return number
