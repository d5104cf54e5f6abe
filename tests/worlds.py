"""The people and rows that most tests lean on: two organizations, the second only to be hidden from the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from polydesk.directory import actors, founding
from polydesk.directory.actors import Actor
from polydesk.directory.models import Company, Organization, Person, Team
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket


@dataclass
class World:
    """House (RC-400) with Acme and Beta; Carl of Acme, agents Anna and Bob, manager Mona, requester Rita. And Other."""

    house: Organization
    other: Organization
    acme: Company
    beta: Company
    support: Team
    people: dict[str, Person]

    def actor(self, login: str, organization: Organization | None = None) -> Actor:
        found = actors.of(self.people[login], organization)
        assert found is not None
        return found

    def __getattr__(self, name: str) -> Any:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def ticket(self, by: str = "anna", kind: str = "incident", **values: Any) -> Ticket:
        values.setdefault("title", "Printer down")
        return commands.create(kind, values, by=self.actor(by), via="test")


def build() -> World:
    """A fresh world in the database of the running test."""
    house = founding.found("House", "house", email="desk@house.example")
    other = founding.found("Other", "other")
    acme = Company.objects.create(organization=house, name="Acme", email="ops@acme.example")
    beta = Company.objects.create(organization=house, name="Beta", email="ops@beta.example")
    support = Team.objects.create(organization=house, name="Support")
    people = {}
    for login, name, role, facts in (
        ("anna", "Anna Agent", "agent", {"teams": [support]}),
        ("bob", "Bob Builder", "agent", {}),
        ("mona", "Mona Manager", "manager", {"is_admin": True}),
        ("rita", "Rita Requester", "requester", {"side": "customer"}),
        ("carl", "Carl Customer", "customer", {"company": acme}),
    ):
        user = User.objects.create_user(login, f"{login}@house.example", "secret-word-of-" + login)
        email = "carl@acme.example" if login == "carl" else f"{login}@house.example"
        people[login] = founding.add_person(house, name, role=role, user=user, email=email, **facts)
    stranger = User.objects.create_user("olga", "olga@other.example", "secret-word-of-olga")
    people["olga"] = founding.add_person(other, "Olga Other", role="manager", user=stranger, is_admin=True)
    return World(house=house, other=other, acme=acme, beta=beta, support=support, people=people)
