"""A client of the native API for tests: bearer tokens, JSON both ways."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.test import Client

from polydesk.directory import actors
from polydesk.directory.models import Person
from polydesk.faces.native import auth

PREFIX = "/api/v1"
_numbers = itertools.count()


def token(person: Person, **limits: Any) -> str:
    """A fresh token of a person; its first use is taken as written down."""
    credential, secret = actors.issue(person, "native", **limits)
    auth._noted[credential.pk] = float("inf")
    return secret


class Api:
    """Speaks for one token. Answers are Django's responses; `.json()` gives the body."""

    def __init__(self, secret: str | None) -> None:
        self.client = Client()
        self.secret = secret

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret is not None:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        where = path if path.startswith("/api") else PREFIX + path
        return self.client.generic(method, where, headers=sent, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)

    def ticket(self, **values: Any) -> dict[str, Any]:
        """A new ticket as it was answered."""
        body = {
            "title": f"Printer down {next(_numbers)}",
            "description": "No paper light",
            "kind": "incident",
            **values,
        }
        answer = self.post("/tickets", body)
        assert answer.status_code == 201, answer.content
        return answer.json()
