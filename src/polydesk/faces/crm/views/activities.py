"""The history behind `ticketContent`, read only (CR-074)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from polydesk.directory.actors import Actor
from polydesk.tickets.models import Event
from polydesk.web.bodies import json_response
from polydesk.web.problems import Problem

from .. import activities, lists, reading
from .door import address


def list_all(request: HttpRequest, actor: Actor) -> Any:
    """The activities of every ticket the key may see."""
    return _array(request, actor, activities.events(actor))


def list_of_ticket(request: HttpRequest, actor: Actor, ticket_id: int) -> Any:
    """Those of one ticket."""
    number = reading.row(actor, ticket_id).id
    return _array(request, actor, activities.events(actor).filter(ticket_id=number))


def _array(request: HttpRequest, actor: Actor, found: QuerySet[Event]) -> Any:
    wanted = lists.asked(request.GET, Event)
    if wanted.created_since:
        found = found.filter(at__gte=wanted.created_since)
    if wanted.updated_since:
        found = activities.changed_since(found, wanted.updated_since)
    wanted = replace(wanted, id_after=activities.after(wanted.id_after or 0))

    def show(rows: Sequence[Event]) -> Sequence[Any]:
        return activities.objects(actor, rows)

    return lists.array(lists.reader(found), wanted, show)


def get(request: HttpRequest, actor: Actor, activity_id: int) -> HttpResponse:
    """One activity; the id of a comment finds the activity it was written with."""
    found = activities.events(actor)
    number = activities.event_id(activity_id)
    event = (found.filter(pk=number) if number else found.filter(comment_id=min(activity_id, lists.LARGEST))).first()
    if event is None:
        raise Problem("not-found", "There is no such activity.")
    return json_response(activities.objects(actor, [event])[0])


collection = address(GET=list_all)
of_ticket = address(GET=list_of_ticket)
single = address(GET=get)
