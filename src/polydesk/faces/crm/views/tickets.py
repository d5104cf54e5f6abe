"""Tickets: lists, one, create, update, delete (CR-002 … CR-010)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from polydesk.directory.actors import Actor
from polydesk.tickets import commands
from polydesk.tickets.models import Status, Ticket
from polydesk.tickets.statements.visible import Condition
from polydesk.web.bodies import json_response

from .. import lists, reading, writing
from ..reading import Names, Row, Shown
from ..rules import values_are_readable
from ..writing import Wanted
from . import customers
from .door import address, body_of

VIA = "crm"
# What this API says where a request is silent (CR-050, RC-009, RC-168, RC-182).
AT_FIRST = {"status": "new", "priority": "normal", "channel": "api", "description": "", "description_format": "plain"}


def list_all(request: HttpRequest, actor: Actor) -> Any:
    """Every ticket the key may see."""
    return _array(request, actor)


def list_of_customer(request: HttpRequest, actor: Actor, customer_id: int) -> Any:
    """Those of one customer."""
    customer = customers.row(actor, customer_id)
    return _array(request, actor, Condition("t.company_id = %s", (customer.pk,)))


def _array(request: HttpRequest, actor: Actor, *conditions: Condition) -> Any:
    wanted = lists.asked(request.GET, Ticket)
    if wanted.created_since:
        conditions += (Condition("t.created_at >= %s", (wanted.created_since,)),)
    if wanted.updated_since:
        conditions += (Condition("t.active_at >= %s", (wanted.updated_since,)),)
    names = Names(actor.organization_id)

    def read(after: int, size: int) -> list[Row]:
        return reading.rows(actor, conditions, after=after, limit=size)

    def show(rows: Sequence[Row]) -> list[dict[str, Any]]:
        names.learn(rows)
        return [Shown(row, names).object() for row in rows]

    return lists.array(read, wanted, show)


def get(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """One ticket, not wrapped."""
    return json_response(reading.shown(actor, ticket_id).object())


def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new request with what was sent and this API's defaults (CR-005, RC-300)."""
    body, faults = body_of(request, required=True)
    with transaction.atomic():
        wanted = writing.read(actor, body, None, faults)
        ticket = commands.create(
            "request", AT_FIRST | wanted.values, by=actor, via=VIA, also=(values_are_readable(wanted.faults),)
        )
        answer = _answer(actor, ticket.pk)
        _remove_if_gone(actor, ticket.pk, wanted)
    return json_response(answer, 201)


def update(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Change what was sent; a text that differs from the newest is a new public message (CR-006, CR-037, CR-038)."""
    with transaction.atomic():
        shown = reading.shown(actor, ticket_id)
        body, faults = body_of(request, required=False)
        wanted = writing.read(actor, body, shown, faults)
        if not (wanted.values or wanted.content or wanted.faults):
            return json_response(wanted.now)
        also = (values_are_readable(wanted.faults),)
        if wanted.content and not wanted.faults:
            commands.comment(
                ticket_id, wanted.content, by=actor, via=VIA, format="plain", values=wanted.values, also=also
            )
        else:
            commands.edit(ticket_id, wanted.values, by=actor, via=VIA, also=also)
        answer = _answer(actor, ticket_id)
        _remove_if_gone(actor, ticket_id, wanted)
    return json_response(answer)


def _answer(actor: Actor, ticket_id: int) -> dict[str, Any]:
    """The ticket after the command, also on a status that counts as deleted."""
    row = reading.row_after(actor, ticket_id)
    return Shown(row, Names(actor.organization_id).learn([row])).object()


def _remove_if_gone(actor: Actor, ticket_id: int, wanted: Wanted) -> None:
    """Choosing a status with the flag "deleted" deletes (CR-052, RC-243)."""
    chosen = Status.objects.filter(organization_id=actor.organization_id, key=wanted.values.get("status", ""))
    if "status" in wanted.values and chosen.filter(counts_as_deleted=True).exists():
        commands.remove(ticket_id, by=actor, via=VIA)


def delete(request: HttpRequest, actor: Actor, ticket_id: int) -> HttpResponse:
    """Gone for this API; softly in the core (CR-008, CR-009)."""
    commands.remove(reading.row(actor, ticket_id).id, by=actor, via=VIA)
    return HttpResponse(status=204)


collection = address(GET=list_all, POST=create)
single = address(GET=get, PATCH=update, PUT=update, POST=update, DELETE=delete)
of_customer = address(GET=list_of_customer)
