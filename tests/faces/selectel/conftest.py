"""Clients of the face, and the house with its catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from polydesk.directory import actors, founding
from polydesk.faces.selectel import shipped
from polydesk.web import limits

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@dataclass
class Answer:
    """Status, JSON and headers of one answer."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        return self.body["code"]

    @property
    def faults(self) -> set[str]:
        return {error["field"] for error in self.body.get("errors", ())}


@dataclass
class Api:
    """A client with a token."""

    token: str = ""
    header: str = "X-Token"
    http: Client = field(default_factory=Client)

    def send(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **more: Any):
        more.setdefault("content_type", "application/json")
        sent = {self.header: self.token} if self.token else {}
        answer = self.http.generic(
            method,
            path,
            body if isinstance(body, bytes) else b"" if body is None else _json(body),
            headers={**sent, **(headers or {})},
            **more,
        )
        kind = answer.headers.get("Content-Type", "")
        content = answer.json() if kind.startswith("application/json") and answer.content else answer.getvalue()
        return Answer(answer.status_code, content, answer.headers)

    def get(self, path: str, **more: Any) -> Answer:
        return self.send("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.send("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.send("PATCH", path, body, **more)

    def upload(self, name: str = "trace.txt", content: bytes = b"some lines\n", part: str = "file") -> Answer:
        file = SimpleUploadedFile(name, content)
        answer = self.http.post("/files/public/files", {part: file}, headers={self.header: self.token})
        return Answer(answer.status_code, answer.json(), answer.headers)

    def open(self, **wanted: Any) -> int:
        """A ticket by the current family; its number."""
        answer = self.post("/support/v2/tickets", wish(**wanted))
        assert answer.status == 200, answer.body
        return answer.body["number"]

    def ticket(self, number: int) -> dict[str, Any]:
        answer = self.get(f"/support/v2/tickets/{number}")
        assert answer.status == 200, answer.body
        return answer.body

    def comment(self, number: int, body: str = "More", **members: Any) -> dict[str, Any]:
        answer = self.post(f"/support/tickets/{number}/comments", {"body": body, **members})
        assert answer.status == 200, answer.body
        return answer.body

    def comments(self, number: int) -> list[dict[str, Any]]:
        answer = self.get(f"/support/tickets/{number}/comments")
        assert answer.status == 200, answer.body
        return answer.body["items"]


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


def wish(**wanted: Any) -> dict[str, Any]:
    """The smallest body that the current family takes."""
    least = {
        "access_level": "all_users",
        "categories": [],
        "files": [],
        "keystone_projects": [],
        "products": [],
        "secrets": [],
        "summary": "Unstable link",
    }
    return {**least, **wanted}


def token(person: Any, **facts: Any) -> str:
    return actors.issue(person, "selectel", **facts)[1]


@pytest.fixture(autouse=True)
def no_limits(settings, tmp_path):
    settings.POLYDESK_FILES_ROOT = tmp_path
    settings.POLYDESK_SE_LIMIT_TICKETS = settings.POLYDESK_SE_LIMIT_COMMENTS = settings.POLYDESK_SE_LIMIT_FILES = 0
    limits.forget()


@pytest.fixture
def desk(world):
    """The world with the shipped catalogue, a client of Beta, and a second client of Acme."""
    shipped.load(world.house)
    for login, company in (("cora", world.acme), ("bert", world.beta)):
        world.people[login] = founding.add_person(
            world.house, login.title(), role="customer", company=company, email=f"{login}@{company.name}.example"
        )
    return world


@pytest.fixture
def carl(desk) -> Api:
    """A client of Acme."""
    return Api(token(desk.people["carl"]))


@pytest.fixture
def anna(desk) -> Api:
    """Support."""
    return Api(token(desk.people["anna"]))


@pytest.fixture
def bert(desk) -> Api:
    """A client of Beta."""
    return Api(token(desk.people["bert"]))
