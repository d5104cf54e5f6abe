"""Handing out a key in the words of its face: what its clients send beside the secret is made here too (PL-014)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from polydesk.directory import actors
from polydesk.directory.models import Credential, Person
from polydesk.web import tokens

FACES = ("native", "autotask", "selectel", "crm", "centurion")
SCOPED = ("selectel",)
"""The faces whose keys can be limited to projects (RC-052)."""


def issue(
    person: Person, face: str, *, projects: Iterable[str] = (), **facts: Any
) -> tuple[Credential, dict[str, object]]:
    """A key that clients of the face can use, and what they have to be given, shown this once."""
    limits: dict[str, object] = {"projects": list(projects)} if projects else {}
    if face == "autotask":  # a name and an integration code go with the secret (AT-020)
        code = tokens.make_secret("")[:27].upper()
        limits |= {"username": person.email or person.username, "integration_code": code}
    secret = secrets.token_hex(32) if face == "centurion" else ""  # its clients know 64 digits (CE-270)
    credential, secret = actors.issue(person, face, limits=limits, secret=secret, **facts)
    if face == "autotask":
        names = {"UserName": limits["username"], "ApiIntegrationCode": limits["integration_code"]}
        return credential, {"UserName": names["UserName"], "Secret": secret, **names}
    return credential, {"token": secret}
