"""People with tokens, and a client that speaks as they do."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from polydesk.directory import actors, founding
from polydesk.directory.models import Organization, Person, Team, TeamMember
from polydesk.faces.centurion import permissions

A = "/api/v2"
REQUEST = f"{A}/assistance/ticket/request"
INCIDENT = f"{A}/itim/ticket/incident"
PROBLEM = f"{A}/itim/ticket/problem"
CHANGE = f"{A}/itim/ticket/change"
COMMENTS = tuple(f"{verb}:comment" for verb in ("add", "change", "view"))
LINKS = tuple(f"{verb}:{thing}" for verb in ("add", "delete", "view") for thing in ("item_link", "relation"))
KINDS = ("request", "incident", "problem", "change", "project_task")
ROLES = {
    "requester": ("add", "view"),
    "editor": ("change", "view"),
    "triage": ("add", "change", "triage", "view"),
    "manager": ("add", "change", "triage", "view", "delete", "purge"),
    "importer": ("import", "view"),
}


class Api:
    """Requests of one caller."""

    def __init__(self, token: str = "", person: Person | None = None) -> None:
        self.token, self.person = token, person
        self.client = Client()

    def __call__(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        if self.token:
            headers.setdefault("HTTP_AUTHORIZATION", f"Token {self.token}")
        data = "" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        content_type = headers.pop("content_type", "application/json")
        response = self.client.generic(method, path, data, content_type=content_type, **headers)
        speaks_json = "json" in response.headers.get("Content-Type", "") and response.content
        response.data = response.json() if speaks_json else None
        return response

    def get(self, path: str, **headers: Any) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: Any) -> Any:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: Any) -> Any:
        return self("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: Any) -> Any:
        return self("PUT", path, body, **headers)

    def delete(self, path: str) -> Any:
        return self("DELETE", path)

    def options(self, path: str) -> Any:
        return self("OPTIONS", path)


@dataclass
class Desk:
    """House and Other, with whoever a test asks for."""

    house: Organization
    other: Organization
    callers: dict[str, Api] = field(default_factory=dict)

    def caller(self, login: str, *rights: str, organization: Organization | None = None, **facts: Any) -> Api:
        """A person with exactly these rights through a team of the same name; the same one at the next call."""
        if login in self.callers:
            return self.callers[login]
        organization = organization or self.house
        person = founding.add_person(organization, login.title(), login=login, email=f"{login}@desk.example", **facts)
        if rights:
            self.join(person, *rights, organization=organization)
        return self._with_token(login, person)

    def _with_token(self, login: str, person: Person) -> Api:
        token = secrets.token_hex(32)
        actors.issue(person, "centurion", secret=token)
        self.callers[login] = Api(token, person)
        return self.callers[login]

    def join(self, person: Person, *rights: str, organization: Organization | None = None) -> Team:
        """A team of these rights with this person."""
        organization = organization or self.house
        team = Team.objects.create(
            organization=organization, name=f"team of {person.login} {Team.objects.count()}", rights=list(rights)
        )
        TeamMember.objects.create(team=team, person=person)
        founding.join(person, organization)
        return team

    def role(self, name: str) -> Api:
        """One of the usual roles on all types, with the comment and link permissions (section 4.3)."""
        rights = [f"{verb}:{kind}" for verb in ROLES[name] for kind in KINDS]
        extra = [*COMMENTS, *LINKS] + (["delete:comment"] if name == "manager" else [])
        return self.caller(name[:3] if name != "requester" else "req", *rights, *extra)

    def superuser(self) -> Api:
        found = self.caller("root")
        Person.objects.filter(pk=found.person.pk).update(is_superuser=True)
        return found

    def ticket(self, by: Api | None = None, path: str = REQUEST, **values: Any) -> dict[str, Any]:
        """A ticket through the face."""
        by = by or self.role("triage")
        values = {
            "title": f"Ticket {secrets.token_hex(4)}",
            "description": "Words",
            "organization": self.house.pk,
        } | values
        response = by.post(path, values)
        assert response.status_code == 201, response.data
        return response.data


@pytest.fixture
def desk(db):
    return Desk(founding.found("House", "house"), founding.found("Other", "other"))


@pytest.fixture
def tri(desk):
    return desk.role("triage")


def bodies(api: Api, ticket_id: int) -> list[str]:
    """What the comments of a ticket say, in order."""
    found = api.get(f"{A}/core/ticket/{ticket_id}/comments?page[size]=100")
    assert found.status_code == 200, found.data
    return [row["body"] for row in found.data["results"]]


def permission_ids(*rights: str) -> list[int]:
    return [permissions.BY_RIGHT[right].id for right in rights]
