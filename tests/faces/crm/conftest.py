"""A client of the CRM API with a key, and the list of ticket types as shipped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from polydesk.directory import actors
from polydesk.directory.models import Person
from polydesk.faces.crm import presets
from polydesk.web import limits

ROOT = "/backend/api/v1"


@dataclass
class Crm:
    """Requests as a program sends them: no cookies, a bearer key, JSON."""

    key: str
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True, raise_request_exception=False))

    def __call__(self, method: str, path: str, body: Any = None, *, kind: str = "application/json", **headers: str):
        data = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        sent = {"headers": {"Authorization": f"Bearer {self.key}", **headers} if self.key else headers}
        return self.client.generic(method, ROOT + path, data, content_type=kind, **sent)

    def get(self, path: str) -> Any:
        answer = self("GET", path)
        assert answer.status_code == 200, answer.content
        return read(answer)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self("POST", path, body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def patch(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self("PATCH", path, body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def faults(self, method: str, path: str, **body: Any) -> set[str]:
        """The fields at fault of a request that is refused."""
        answer = self(method, path, body)
        assert answer.status_code == 400, answer.content
        told = answer.json()
        assert told["error"] and all(told["fields"].values())
        return set(told["fields"])


def read(answer: Any) -> Any:
    return json.loads(b"".join(answer.streaming_content)) if answer.streaming else answer.json()


def key(person: Person, **limits: Any) -> str:
    return actors.issue(person, "crm", **limits)[1]


@pytest.fixture(autouse=True)
def full_buckets():
    limits.forget()


@pytest.fixture
def crm(world):
    """Anna's key in House, whose ticket types are as shipped."""
    presets.ship(world.house.pk)
    return Crm(key(world.anna))


@pytest.fixture
def bob(world):
    return Crm(key(world.bob))


assert "polydesk.faces.crm" in settings.INSTALLED_APPS
