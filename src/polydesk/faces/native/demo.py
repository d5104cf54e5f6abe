"""What the demo hands to the native API: a key for everybody who tries it (PL-012, RC-400)."""

from __future__ import annotations

from polydesk.directory import actors
from polydesk.directory.demo import Desk
from polydesk.directory.models import Person

from .auth import FACE

CALLERS = {"admin": "admin", "agent": "agent", "customer": "customer", "other_org_admin": "other_admin"}
HOUSE = ("carl", "anna", "bob", "mona", "rita")


def credentials(desk: Desk) -> dict[str, str]:
    """`native` of the credentials file."""
    return {caller: _key(desk.people[login]) for caller, login in CALLERS.items()}


def house(desk: Desk) -> dict[str, str]:
    """A key for each person of the house."""
    return {login: _key(desk.people[login]) for login in HOUSE}


def _key(person: Person) -> str:
    return actors.issue(person, FACE, name="demo")[1]
