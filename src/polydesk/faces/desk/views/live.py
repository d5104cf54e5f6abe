"""What others do, as it happens: the stream, its poor cousin for polling, who is there, rows and counts (PL-204)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from polydesk.directory.actors import Actor
from polydesk.features.live import hub, presence
from polydesk.tickets import queries
from polydesk.tickets.models import Event
from polydesk.web.problems import Problem

from .. import lists, pages, rail
from ..auth import agent
from ..vocabulary import Vocabulary
from .lists import headings, resolve

# A page is a moment older than the stream that it opens: what happened in between is told again.
LOOK_BACK = timedelta(seconds=10)


@require_GET
@agent
def stream(request: HttpRequest) -> HttpResponseBase:
    """The feed of the API's stream; `?poll` answers at once with what is new, for where no stream comes through."""
    after = hub.position(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    after = after or hub.newest(request.actor.organization_id, timezone.now() - LOOK_BACK)
    if "poll" in request.GET:
        return _since(request.actor, after)
    try:
        listener = hub.HUB.join(request.actor, after, tell)
    except Problem as full:
        return HttpResponse(status=full.status, headers=full.headers)
    return hub.answer(listener)


def tell(actor: Actor, event: Event) -> bytes:
    return hub.message("ticket", event, _shown(event))


def _shown(event: Event) -> dict[str, Any]:
    """Enough to know what to fetch anew."""
    return {"ticket": event.ticket_id, "version": event.number, "actor": event.actor_id}


def _since(actor: Actor, after: hub.Position) -> JsonResponse:
    found = queries.feed(actor, after=after, limit=hub.KEPT_AT_MOST)
    tx, pk = (found[-1].tx, found[-1].pk) if found else after
    return JsonResponse({"after": f"{tx}-{pk}", "events": [_shown(event) for event in found]})


@require_POST
@agent
def present(request: HttpRequest, number: int) -> HttpResponse:
    """An open page says that it is looked at, written on or left, and hears who else is there."""
    ticket = queries.get(request.actor, number)
    doing = request.POST.get("doing", "")
    if doing == "gone":
        presence.leave(request.actor, ticket.pk)
        return HttpResponse(status=204)
    presence.note(request.actor, ticket.pk, writing=doing == "writing")
    people = [{"id": p.id, "name": p.name, "doing": p.doing} for p in presence.on(ticket.pk)]
    return JsonResponse({"ticket": ticket.pk, "people": people})


@require_GET
@agent
def rows(request: HttpRequest) -> HttpResponse:
    """Those of some tickets that stand on this page of a list, as its rows; `strip` in the shape beside a ticket."""
    asked, _name, saved = resolve(request)
    wanted = {int(n) for n in request.GET.get("ids", "")[:4000].split(",") if n.isdecimal() and len(n) < 18}
    found = lists.page(request.actor, asked, Vocabulary(request.actor), only=wanted).rows
    values = {"rows": found, "context": asked.context, "columns": headings(request, asked, saved)}
    return pages.answer(request, "rows", values | {"strip": "strip" in request.GET})


@require_GET
@agent
def counts(request: HttpRequest) -> JsonResponse:
    """The rail's numbers by the addresses that they stand beside."""
    frame = rail.frame(request)
    shown = {item.url: item.count for group in frame.nav for item in group.items if item.count is not None}
    return JsonResponse({"counts": shown, "home": reverse("desk:list")})
