"""Comments: add, list, get, rate (SE-013 … SE-016)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.commands.entries import may_comment
from polydesk.tickets.models import Comment, Ticket
from polydesk.tickets.rules.lifecycle import customers_word_reopens_solved

from .. import fields, finding, limits, reading, rules, storage
from ..auth import FACE, check_may, is_client
from ..errors import Failure, forbidden
from ..reading import Body


def add(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-140, SE-141."""
    ticket = finding.one(actor, number)
    answer = may_comment(actor, ticket, internal=False)
    if not answer:
        raise forbidden(answer.reason)
    body = Body(reading.body(request))
    text, files = body.text("body", limit=fields.LONGEST_COMMENT), body.uuids("files", least=1)
    if not {"body", "files"} & body.members.keys():
        body.fault("body", "A comment needs a text or files.")
    body.check()
    with transaction.atomic():
        outcome = commands.comment(
            ticket.pk,
            text or "",
            by=actor,
            via=FACE,
            format="plain",
            files=storage.take(actor, files),
            also=(rules.ticket_is_not_closed, customers_word_reopens_solved),
        )
        limits.charge("COMMENTS", actor)
    return _one(outcome.comment, ticket)


def listed(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-142, SE-143: a client is shown what was unread, and has read it by that."""
    ticket = finding.one(actor, number, "description")
    _check_readable(ticket)
    rows = finding.comments(ticket)
    _mark(actor, ticket, rows)
    return {"items": [fields.comment(row, ticket) for row in rows]}


def get(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-144."""
    row, ticket = finding.comment(actor, number)
    _check_readable(ticket)
    _mark(actor, ticket, [row])
    return _one(row, ticket)


def rate(request: HttpRequest, actor: Actor, number: str) -> dict[str, Any]:
    """SE-145, SE-146: thumbs for what support wrote, also on closed tickets."""
    row, ticket = finding.comment(actor, number)
    check_may(actor, "rate", ticket)
    body = Body(reading.body(request))
    score, words = body.whole("score", -1, 1, required=True), body.text("comment")
    if score == 0:
        body.fault("score", "This must be 1 or -1.")
    body.check()
    if row.side == "customer":
        raise Failure(400, "Only comments of support can be rated.", "COMMENT_NOT_RATABLE")
    commands.rate(ticket.pk, comment=row, scale="plus_minus", score=score or 0, text=words or "", by=actor, via=FACE)
    return fields.vote(Comment.objects.values_list("rating", flat=True).get(pk=row.pk)) or {}


def _check_readable(ticket: Ticket) -> None:
    if ticket.is_closed:
        raise Failure(400, "The comments of a closed ticket cannot be read.", "TICKET_CLOSED")


def _mark(actor: Actor, ticket: Ticket, rows: list[Comment]) -> None:
    unread = [row.pk for row in rows if row.side != "customer" and row.read_at is None]
    if unread and is_client(actor):
        commands.mark_read(ticket.pk, by=actor, comments=unread)


def _one(row: Comment, ticket: Ticket) -> dict[str, Any]:
    return fields.comment(finding.with_files([row], ticket)[0], ticket)
