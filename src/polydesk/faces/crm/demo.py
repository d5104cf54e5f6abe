"""What the demo adds for this face: its lists, its part of the credentials, keys of the people of RC-400."""

from __future__ import annotations

from polydesk.directory import actors
from polydesk.directory.demo import Desk
from polydesk.directory.models import Person

from . import presets
from .auth import FACE


def furnish(desk: Desk) -> None:
    """The ticket types that this API ships, in both organizations (CR-048)."""
    for organization in (desk.house, desk.second):
        presets.ship(organization.pk)


def credentials(desk: Desk) -> dict[str, str]:
    """Keys of an agent, of one who may only read, of a customer, and of an agent elsewhere (PL-012)."""
    people = desk.people
    return {
        "agent": _key(people["agent"]),
        "read_only": _key(people["agent"], read_only=True),
        "customer": _key(people["customer"]),
        "other_org": _key(people["other_agent"]),
    }


def house(desk: Desk) -> dict[str, str]:
    """CRM agent keys of Anna and Bob (RC-400)."""
    return {login: _key(desk.people[login]) for login in ("anna", "bob")}


def _key(person: Person, *, read_only: bool = False) -> str:
    name = "Demo, reading only" if read_only else "Demo"
    return actors.issue(person, FACE, name=name, read_only=read_only)[1]
