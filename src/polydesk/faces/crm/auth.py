"""Whose key it is, and what it may do here (CR-015 … CR-020, RC-192 … RC-197)."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.tickets import access
from polydesk.web import limits
from polydesk.web.limits import Limit, Verdict
from polydesk.web.problems import Problem

FACE = "crm"
REQUESTS = Limit("crm", amount=1200, seconds=60)
READING = ("GET", "HEAD", "OPTIONS")


def caller(request: HttpRequest) -> Actor:
    """The agent behind the bearer key; raises the 401 or 403 that says why not."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    actor = actors.by_secret(FACE, key.strip()) if scheme.lower() == "bearer" and key.strip() else None
    if actor is None:
        raise Problem(
            "unauthenticated",
            "A valid API key is needed: Authorization: Bearer <API key>.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.actor = actor  # type: ignore[attr-defined]  # the request log names it
    if not actor.is_staff:
        raise Problem("forbidden", "This API is for agents; a customer's key cannot use it.")
    if actor.read_only and request.method not in READING:
        raise Problem("forbidden", "This API key may only read.")
    return _as_agent(actor)


def _as_agent(actor: Actor) -> Actor:
    """Deleting is part of what this API gives an agent, softly (RC-197, RC-305, RC-413)."""
    triage = {right for right in actor.rights if right.startswith("triage:")}
    deleting = {right.replace("triage:", "delete:") for right in triage}
    return replace(actor, rights=actor.rights | deleting) if deleting else actor


def count(actor: Actor) -> Verdict:
    """One request of this key's bucket; raises the 429 (RC-203)."""
    verdict = limits.take(REQUESTS, f"key:{actor.credential_id}")
    if not verdict.allowed:
        raise Problem("rate-limited", "Too many requests with this API key.", headers=verdict.headers)
    return verdict


def may_write_customers(actor: Actor) -> None:
    """Customers are kept by those who may triage tickets, and by administrators."""
    if not (actor.is_admin or access.kinds_with(actor, "triage")):
        raise Problem("forbidden", "You may not change customers here.")
