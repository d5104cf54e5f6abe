"""What a customer does with a request: answer, call it solved, open it again, rate it (RC-143, RC-179, RC-180)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from polydesk.directory import actors
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Refused, refuse
from polydesk.tickets.rules import lifecycle
from polydesk.web import idempotency

from .. import categories, finding, pages, uploads
from ..auth import asker
from .request import render

Act = Callable[[HttpRequest, Ticket], Ticket]


def _act(act: Act) -> Callable[..., HttpResponse]:
    """A form's address: done once per form, refused with what was typed, answered by the request's page."""

    def done(request: HttpRequest, number: int) -> HttpResponse:
        ticket = finding.request(request.actor, number)  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                shown = act(request, ticket)
        except Refused as refused:
            errors = [r.message for r in refused.refusals]
            ticket = finding.request(request.actor, number)  # type: ignore[attr-defined]
            return render(request, ticket, typed=request.POST.get("text", ""), errors=errors, status=422)
        return HttpResponseRedirect(reverse("portal:request", kwargs={"number": shown.pk}))

    def view(request: HttpRequest, number: int) -> HttpResponse:
        caller = f"portal:{request.actor.person_id}"  # type: ignore[attr-defined]
        return idempotency.form_once(request, lambda: done(request, number), caller=caller)

    return require_POST(asker(view))


def _answer(request: HttpRequest, ticket: Ticket) -> Ticket:
    """A message; on a solved or closed request it opens it again, on a final one it begins a new request."""
    text, actor = request.POST.get("text", ""), request.actor  # type: ignore[attr-defined]
    kept = uploads.of(request)
    if not text.strip() and not kept:
        raise refuse("empty", "text", _("There is nothing to send yet: write a line or attach a file."))
    if lifecycle.is_done(ticket):
        return _again(request, ticket, text, kept)
    also = (lifecycle.customers_word_reopens_solved,)
    commands.comment(ticket.pk, text, by=actor, via=pages.VIA, files=kept, also=also)
    pages.say(request, _("Sent."))
    return ticket


def _reopen(request: HttpRequest, ticket: Ticket) -> Ticket:
    """Also without a word."""
    if ticket.is_open:
        return ticket
    return _again(request, ticket, request.POST.get("text", ""), uploads.of(request))


def _again(request: HttpRequest, ticket: Ticket, text: str, kept: list[commands.NewFile]) -> Ticket:
    if ticket.final and lifecycle.is_done(ticket):
        return _continued(request, ticket, text, kept)
    actor = request.actor  # type: ignore[attr-defined]
    commands.reopen(ticket.pk, by=actor, via=pages.VIA, text=text if text.strip() else "", files=kept)
    pages.say(request, _("It is open again."))
    return ticket


def _continued(request: HttpRequest, ticket: Ticket, text: str, kept: list[commands.NewFile]) -> Ticket:
    """A new request that is linked to the one which stays closed; the desk itself draws the link (RC-179)."""
    actor = request.actor  # type: ignore[attr-defined]
    category = categories.chosen(actor.organization_id, str(ticket.category_id or ""))
    values = {
        "title": ticket.title,
        "description": text,
        "requester": actor.person_id,
        "company": actor.company_id,
        "category": category.pk if category else None,
        "channel": "portal",
    }
    made = commands.create(categories.kind_of(category), values, by=actor, via=pages.VIA, files=kept)
    commands.link(made.pk, ticket.pk, "related", by=actors.system(actor.organization_id), via=pages.VIA)
    pages.say(request, _("This is a new request: the earlier one stays closed."))
    return made


def _close(request: HttpRequest, ticket: Ticket) -> Ticket:
    """With a rating when one was chosen (RC-304)."""
    if lifecycle.is_done(ticket):
        return _rate(request, ticket) if request.POST.get("score") else ticket
    actor, rating = request.actor, _rating(request)  # type: ignore[attr-defined]
    commands.close(ticket.pk, by=actor, via=pages.VIA, rating=rating)
    pages.say(request, _("Closed. Thank you for telling us."))
    return ticket


def _rate(request: HttpRequest, ticket: Ticket) -> Ticket:
    rating = _rating(request)
    if rating is None:
        raise refuse("empty", "rating", _("Choose from one to five."))
    scale, score, text = rating
    actor = request.actor  # type: ignore[attr-defined]
    commands.rate(ticket.pk, scale=scale, score=score, text=text, by=actor, via=pages.VIA)
    pages.say(request, _("Kept. Thank you."))
    return ticket


def _rating(request: HttpRequest) -> tuple[str, int, str] | None:
    score = request.POST.get("score", "")
    if not score:
        return None
    if score not in ("1", "2", "3", "4", "5"):
        raise refuse("out_of_range", "rating", _("Choose from one to five."))
    return "five_points", int(score), request.POST.get("words", "").strip()[:2000]


answer, close, reopen, rate = _act(_answer), _act(_close), _act(_reopen), _act(_rate)
