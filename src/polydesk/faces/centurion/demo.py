"""This face's part of the demo: tokens for the people of its documentation and of the house (PL-012, RC-400)."""

from __future__ import annotations

import secrets

from polydesk.directory import actors, founding
from polydesk.directory.demo import Desk
from polydesk.directory.models import Person, Team, TeamMember
from polydesk.tickets.access import CODED_KINDS

from .auth import FACE

READING = tuple(
    f"view:{thing}"
    for thing in (
        "comment",
        "item_link",
        "relation",
        "category",
        "comment_category",
        "organization",
        "team",
        "project",
        "milestone",
    )
)
WORK = (
    "add:comment",
    "change:comment",
    *(f"{verb}:{thing}" for thing in ("item_link", "relation") for verb in ("add", "delete")),
)


def _of_tickets(*verbs: str) -> list[str]:
    return [f"{verb}:{kind}" for kind in CODED_KINDS for verb in verbs]


TEAMS = {
    "Requesters": [*_of_tickets("add", "view"), "add:comment", *READING],
    "Triage": [*_of_tickets("add", "change", "triage", "view"), *WORK, *READING],
}
"""Teams with the usual permissions (section 4.3)."""


def credentials(desk: Desk) -> dict[str, object]:
    """A superuser, a triage, a requester, somebody elsewhere, and a probe in no team at all."""
    probe = _person(desk, "probe", "Probe")
    return {
        "admin": _token(desk.people["admin"]),
        "triage": _token(_member(desk, "triage", "Tara Triage", "Triage")),
        "user": _token(_member(desk, "requester", "Ruth Requester", "Requesters")),
        "other_org": _token(desk.people["other_agent"]),
        "probe": _token(probe),
        "probe_user_id": probe.pk,
    }


def house(desk: Desk) -> dict[str, str]:
    """{login: token}"""
    return {login: _token(desk.people[login]) for login in ("anna", "bob", "mona", "rita")}


def _member(desk: Desk, login: str, name: str, team_name: str) -> Person:
    team, _ = Team.objects.get_or_create(
        organization=desk.house, name=f"Centurion {team_name}", defaults={"rights": TEAMS[team_name]}
    )
    person = _person(desk, login, name)
    founding.join(person, desk.house)
    TeamMember.objects.get_or_create(team=team, person=person)
    return person


def _person(desk: Desk, login: str, name: str) -> Person:
    found = Person.objects.filter(login=login).first()
    return found or founding.add_person(desk.house, name, login=login, email=f"{login}@{desk.house.key}.example")


def _token(person: Person) -> str:
    secret = secrets.token_hex(32)
    actors.issue(person, FACE, name="demo", secret=secret)
    return secret
