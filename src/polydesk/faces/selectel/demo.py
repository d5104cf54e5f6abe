"""What the demo adds for this face: its catalogue, its part of the credentials, tokens of the people of RC-400."""

from __future__ import annotations

from polydesk.directory import actors
from polydesk.directory.demo import Desk
from polydesk.directory.models import Person

from . import shipped
from .auth import FACE


def conformance(desk: Desk) -> None:
    """The catalogue of SE-173, in both organizations."""
    for organization in (desk.house, desk.second):
        shipped.load(organization)


def credentials(desk: Desk) -> dict[str, str]:
    """Static tokens of a client and of support in the house, and of a client elsewhere (PL-012)."""
    conformance(desk)
    people = desk.people
    return {
        "client": _token(people["customer"]),
        "staff": _token(people["agent"]),
        "other": _token(people["other_customer"]),
    }


def house(desk: Desk) -> dict[str, str]:
    """Carl's client token with account scope and Anna's support token (RC-400)."""
    return {login: _token(desk.people[login]) for login in ("carl", "anna")}


def _token(person: Person) -> str:
    return actors.issue(person, FACE, name="Demo")[1]
