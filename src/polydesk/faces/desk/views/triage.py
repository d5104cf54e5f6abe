"""Triage: a view's untriaged tickets one after the other, each sorted, answered, solved or skipped (PL-203)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Refused, Stale
from polydesk.web import idempotency

from .. import fields, lists, pages, sending, ticket_page
from ..auth import agent
from ..lists import Asked
from ..shown import Entry, Input
from ..vocabulary import Vocabulary
from .lists import resolve
from .properties import ALSO, read
from .properties import _by_property as by_property
from .properties import _said as said
from .ticket import VIA, say

SORTED = ("assignee", "team", "priority", "category", "queue", "follow_up_on")


@dataclass(slots=True)
class Walk:
    """Where somebody is on his way through a list: `done` tickets lie behind, the last of them is `after`."""

    asked: Asked
    name: str
    after: int
    done: int

    @classmethod
    def of(cls, request: HttpRequest) -> Walk:
        asked, name, _saved = resolve(request)
        numbers = (request.GET.get(key, "") for key in ("from", "n"))
        after, done = (int(n) if n.isdecimal() and len(n) < 18 else 0 for n in numbers)
        return cls(asked, name, after, done)

    def tickets(self, request: HttpRequest) -> QuerySet[Ticket]:
        """What nobody has taken in hand, oldest first; what is to be looked at on a later day rests until then."""
        untouched = Q(phase="new") | Q(phase="open", assignee=None)
        rests = Q(follow_up_on__gt=timezone.localdate())
        found = lists.tickets(request.actor, self.asked.q).filter(untouched).exclude(rests)  # type: ignore[attr-defined]
        return found.order_by("id")

    def address(self, after: int, done: int) -> str:
        """This walk a step further."""
        place = {"from": after, "n": done} if after else {}
        return f"{reverse('desk:triage')}{self.asked.context or '?'}&{urlencode(place)}".rstrip("&?")


@require_GET
@agent
def walk(request: HttpRequest) -> HttpResponse:
    """The next ticket of the walk, or its end."""
    way = Walk.of(request)
    number = way.tickets(request).filter(pk__gt=way.after).values_list("pk", flat=True).first()
    if number is None:
        return _end(request, way)
    return _show(request, way, ticket_page.load(request.actor, number))


def _end(request: HttpRequest, way: Walk) -> HttpResponse:
    left = lists.capped(way.tickets(request)) if way.done else "0"
    values = {
        "name": way.name,
        "done": way.done,
        "left": "" if left == "0" else left,
        "again": way.address(0, 0),
        "back": way.asked.link(),
        "t": None,
    }
    return pages.page(request, "triage", values, here="triage")


def _show(
    request: HttpRequest,
    way: Walk,
    ticket: Ticket,
    *,
    status: int = 200,
    errors: list[str] | None = None,
    wrong: dict[str, list[str]] | None = None,
) -> HttpResponse:
    vocabulary = Vocabulary(request.actor)
    shown = ticket_page.gather(request, ticket, vocabulary)
    if "X-Preload" not in request.headers:
        ticket_page.mark_seen(request.actor, ticket)
    left = way.tickets(request).filter(pk__gt=ticket.pk).order_by()[: lists.CAP].count()
    values = {
        "name": way.name,
        "t": shown,
        "entries": [one for one in shown.timeline if isinstance(one, Entry)],
        "inputs": _inputs(request, ticket, vocabulary, wrong or {}),
        "about": [s for s in shown.sections if s.title in (_("Customer"), _("Similar"))],
        "errors": errors or [],
        "typed": request.POST.get("text", ""),
        "note": request.POST.get("mode") == "note",
        "at": way.done + 1,
        "of": way.done + 1 + left,
        "action": f"{reverse('desk:triaged', kwargs={'number': ticket.pk})}?{request.META['QUERY_STRING']}",
        "skip": way.address(ticket.pk, way.done + 1),
        "back": way.asked.link(),
        "answers": ticket_page.composer(request, ticket, vocabulary, drafted=shown.has.draft),
    }
    return pages.page(request, "triage", values, here="triage", status=status)


def _inputs(
    request: HttpRequest, ticket: Ticket, vocabulary: Vocabulary, wrong: dict[str, list[str]]
) -> list[tuple[Input, str]]:
    """The fields to sort by, each with its stored text; what was typed stays."""
    made = []
    for name in SORTED:
        one = fields.shown(fields.BY_NAME[name], vocabulary, ticket)
        stored = one.value
        one.value, one.errors = request.POST.get(name, stored), wrong.get(name, [])
        made.append((one, stored))
    return made


@require_POST
@agent
def sort(request: HttpRequest, number: int) -> HttpResponse:
    """Sets what was chosen, sends what was written, and goes on to the next."""
    return idempotency.form_once(request, lambda: _sort(request, number), caller=f"desk:{request.actor.person_id}")


def _sort(request: HttpRequest, number: int) -> HttpResponse:
    way, ticket = Walk.of(request), ticket_page.load(request.actor, number)
    vocabulary = Vocabulary(request.actor)
    typed = {
        n: request.POST[n] for n in SORTED if n in request.POST and request.POST[n] != request.POST.get(f"was_{n}")
    }
    values, wrong = read(typed, vocabulary, ticket)
    if wrong:
        return _show(request, way, ticket, status=422, wrong=wrong)
    try:
        with transaction.atomic():
            _apply(request, ticket, values, vocabulary)
    except Stale:
        told = _("Somebody has changed this ticket since. Look again: what you chose is still here.")
        return _show(request, way, ticket_page.load(request.actor, number), status=409, errors=[told])
    except Refused as error:
        found = by_property(error)
        beside = {n: m for n, m in found.items() if n in SORTED}
        loose = [str(m) for n, ms in found.items() if n not in SORTED for m in ms]
        return _show(request, way, ticket, status=422, wrong=beside, errors=loose)
    return HttpResponseRedirect(way.address(ticket.pk, way.done + 1))


def _apply(request: HttpRequest, ticket: Ticket, values: dict[str, Any], vocabulary: Vocabulary) -> None:
    """One edit and one answer, both or neither."""
    actor, text = request.actor, request.POST.get("text", "")  # type: ignore[attr-defined]
    solve = "solved" if request.POST.get("do") == "solve" else ""
    if solve and not text.strip():
        values = {**values, "status": solve}
    if values:
        done = commands.edit(ticket.pk, values, by=actor, via=VIA, also=ALSO, if_version=_version(request))
        if done.event:
            say(request, f"#{ticket.pk} · {said(done.event, vocabulary)}", done.event)
    if text.strip():
        answer = sending.Answer(text, request.POST.get("mode") == "note", solve)
        fresh = ticket_page.load(actor, ticket.pk)
        outcome, held = sending.send(actor, fresh, answer, hold=sending.holds(request))
        if held:
            sending.remember(request)
        elif outcome.event:
            messages.info(request, _("Sent.") if not answer.note else _("Note kept."))


def _version(request: HttpRequest) -> int | None:
    seen = request.POST.get("version", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else None
