"""Whose token it is, and what it may do (SE-030 … SE-036)."""

from __future__ import annotations

from django.http import HttpRequest

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.tickets import access
from polydesk.tickets.models import Ticket

from .errors import Failure, forbidden

FACE = "selectel"


def caller(request: HttpRequest) -> Actor:
    """The token's user; X-Auth-Token decides where both are sent (SE-030). One statement."""
    token = request.headers.get("X-Auth-Token")
    if token is None:
        token = request.headers.get("X-Token")
    actor = actors.by_secret(FACE, token) if token else None
    if actor is None:
        raise Failure(401, "The token is missing, unknown, revoked or expired.")
    request.actor = actor  # type: ignore[attr-defined]  # the request log names it
    return actor


def is_client(actor: Actor) -> bool:
    """A user of an account; everybody else is support (SE-033)."""
    return actor.side == "customer"


def check_may(actor: Actor, verb: str, ticket: Ticket | None = None) -> None:
    """The right to write comes before anything about values (SE-041)."""
    if is_client(actor) and actor.company_id is None:
        raise forbidden("This user belongs to no account.")
    answer = access.may(actor, verb, kind=ticket.kind if ticket else "request", ticket=ticket)
    if not answer:
        raise forbidden(answer.reason)


def check_may_write(actor: Actor) -> None:
    """For what belongs to no ticket yet: files and secrets."""
    if actor.read_only:
        raise forbidden("This token may only read.")
    check_may(actor, "create")
