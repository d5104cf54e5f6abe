"""Close, reopen and rate a ticket, for both families (SE-006 … SE-008)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from polydesk.directory.actors import Actor
from polydesk.tickets import commands

from .. import fields, finding, reading, rules, storage
from ..auth import FACE, check_may
from ..reading import Body


def close(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-120 … SE-124: with a score it is rated in the same step; words alone are kept for the staff."""
    ticket = finding.one(actor, number)
    check_may(actor, "close", ticket)
    body = Body(reading.body(request))
    comment, score = body.text("comment"), body.whole("score", 1, 5)
    body.check()
    rated = ("five_points", score, comment or "") if score is not None else None
    kept = {"extra": {FACE: {"closing_comment": comment}}} if comment and not rated else None
    commands.close(ticket.pk, by=actor, via=FACE, rating=rated, values=kept, also=(rules.ticket_is_not_closed,))
    return fields.classic(finding.again(ticket.pk))


def reopen(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-130, SE-131: only a closed ticket, and with a comment."""
    ticket = finding.one(actor, number)
    check_may(actor, "reopen", ticket)
    body = Body(reading.body(request))
    text, files = body.text("body", required=True, limit=fields.LONGEST_COMMENT), body.uuids("files", least=1)
    body.check()
    with transaction.atomic():
        commands.reopen(
            ticket.pk,
            by=actor,
            via=FACE,
            text=text or "",
            format="plain",
            files=storage.take(actor, files),
            also=(rules.ticket_is_closed,),
        )
    return fields.classic(finding.again(ticket.pk))


def rate(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-125 … SE-127: one to ten, in any status."""
    ticket = finding.one(actor, number)
    check_may(actor, "rate", ticket)
    body = Body(reading.body(request))
    score, comment = body.whole("score", 1, 10, required=True), body.text("comment")
    body.check()
    outcome = commands.rate(ticket.pk, scale="ten_points", score=score or 0, text=comment or "", by=actor, via=FACE)
    return fields.vote(outcome.ticket.rating) or {}
