"""Verbs with a small form of their own: link, merge, split, book time, delete and restore."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from polydesk.directory.models import Person
from polydesk.features.approvals import voting
from polydesk.features.approvals.models import Approver
from polydesk.features.checklists import items as checklist
from polydesk.features.checklists.models import Item
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Event, Relation, Ticket
from polydesk.tickets.refusals import Missing, Refused, refuse
from polydesk.web import idempotency

from .. import fields, pages, ticket_page
from ..auth import agent
from ..shown import Input
from ..vocabulary import Vocabulary
from .ticket import VIA, back_to, say

both = require_http_methods(["GET", "POST"])


def form(
    request: HttpRequest,
    ticket: Ticket,
    act: Callable[[], HttpResponse],
    *,
    title: str,
    button: str,
    inputs: list[Input],
    lead: str = "",
    danger: bool = False,
) -> HttpResponse:
    """Shows the form, or acts once on its posting; a refusal shows the form again with what was typed."""
    errors: list[str] = []
    if request.method == "POST":
        try:
            return idempotency.form_once(request, act, caller=f"desk:{request.actor.person_id}")
        except Refused as error:
            errors = [r.message for r in error.refusals]
        except Missing:
            errors = [_("There is no such ticket, or it is not yours to see.")]
        for one in inputs:
            one.value = request.POST.get(one.name, one.value)
    values = {
        "title": title,
        "lead": lead,
        "action": request.get_full_path(),
        "inputs": inputs,
        "button": button,
        "danger": danger,
        "errors": errors,
        "cancel": reverse("desk:ticket", kwargs={"number": ticket.pk}),
    }
    return pages.dialog(request, "small_form", values, status=422 if errors else 200)


def _number(text: str) -> int:
    digits = text.strip().lstrip("#")
    if not digits.isdecimal() or len(digits) > 18:
        raise refuse("unknown", "number", _("Give the number of a ticket, such as 1042."))
    return int(digits)


def _newest(ticket: int) -> Event | None:
    return Event.objects.filter(ticket_id=ticket).order_by("-number").first()


@both
@agent
def link(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)
    types = [
        ("related", _("is related to")),
        ("blocks", _("blocks")),
        ("blocked_by", _("is blocked by")),
        ("duplicate", _("is a duplicate of")),
        ("parent", _("is part of")),
        ("problem", _("is caused by the problem")),
    ]

    def act() -> HttpResponse:
        other, type = queries.get(request.actor, _number(request.POST.get("number", ""))), request.POST.get("type", "")
        if type in ("parent", "problem"):
            done = commands.edit(ticket.pk, {type: other.pk}, by=request.actor, via=VIA).event
        else:
            commands.link(ticket.pk, other.pk, type, by=request.actor, via=VIA)
            done = _newest(ticket.pk)
        say(request, _("Linked to #%(number)s.") % {"number": other.pk}, done)
        return back_to(request, number)

    inputs = [
        Input("type", _("This ticket"), "select", "related", types),  # type: ignore[list-item]
        Input("number", _("Number"), "lookup", "", source=reverse("desk:numbers"), required=True),
    ]
    return form(request, ticket, act, title=_("Link a ticket"), button=_("Link"), inputs=inputs)


@require_POST
@agent
def unlink(request: HttpRequest, number: int, relation: int) -> HttpResponse:
    ticket = queries.get(request.actor, number)
    row = Relation.objects.filter(Q(source=ticket) | Q(target=ticket), pk=relation).first()
    if row is None:
        raise Missing
    commands.unlink(row, by=request.actor, via=VIA)
    say(request, _("The link is gone."), _newest(ticket.pk))
    return back_to(request, number)


@both
@agent
def merge(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        target = commands.merge([ticket.pk], _number(request.POST.get("number", "")), by=request.actor, via=VIA)
        say(request, _("Merged into #%(number)s.") % {"number": target.pk}, _newest(ticket.pk))
        return back_to(request, target.pk)

    return form(
        request,
        ticket,
        act,
        title=_("Merge into another"),
        button=_("Merge"),
        lead=_("Everything written here moves there. This number keeps working and leads to it."),
        inputs=[
            Input(
                "number",
                _("Number of the ticket that stays"),
                "lookup",
                "",
                source=reverse("desk:numbers"),
                required=True,
            )
        ],
    )


@both
@agent
def split(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)
    entries = queries.comments(request.actor, ticket).exclude(type="opening").order_by("-id")[:30]
    choices = [(e.pk, re.sub(r"\s+", " ", e.text)[:80] or f"#{e.pk}") for e in entries]
    first = request.GET.get("entry", "")

    def act() -> HttpResponse:
        chosen = [int(n) for n in request.POST.getlist("entries") if n.isdecimal() and len(n) < 18]
        new = commands.split(ticket.pk, chosen, by=request.actor, via=VIA, title=request.POST.get("title", "").strip())
        say(request, _("Split off as #%(number)s.") % {"number": new.pk})
        return back_to(request, new.pk)

    inputs = [
        Input("title", _("Title of the new ticket"), value="", limit=255, required=True),
        Input("entries", _("Messages that go there"), "checks", [first], choices),  # type: ignore[list-item]
    ]
    return form(request, ticket, act, title=_("Split"), button=_("Split off"), inputs=inputs)


@both
@agent
def time(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        spent = _seconds(request.POST.get("spent", ""))
        done = commands.add_time(
            ticket.pk, spent, by=request.actor, via=VIA, summary=request.POST.get("summary", "")[:8000]
        )
        say(request, _("Time booked."), done.event)
        return back_to(request, number)

    inputs = [
        Input("spent", _("Time spent"), value="", required=True, hint=_("Such as 0:30, 1.5 h or 45 min.")),
        Input("summary", _("What was done"), "textarea", ""),
    ]
    return form(request, ticket, act, title=_("Book time"), button=_("Book"), inputs=inputs)


def _seconds(text: str) -> int:
    """1:30, 90 min, 1.5 h, 90."""
    text = text.strip().replace(",", ".").lower()
    if found := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text):
        return int(found[1]) * 3600 + int(found[2]) * 60
    if found := re.fullmatch(r"(\d{1,4}(?:\.\d{1,2})?)\s*(h|min|m)?", text):
        return round(float(found[1]) * (3600 if found[2] == "h" else 60))
    raise refuse("unreadable", "spent", _("Give a time such as 0:30, 1.5 h or 45 min."))


@both
@agent
def remove(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        done: Any = commands.remove(ticket.pk, by=request.actor, via=VIA)
        say(request, _("Deleted #%(number)s.") % {"number": ticket.pk}, done.event)
        return HttpResponseRedirect(reverse("desk:list"))

    return form(
        request,
        ticket,
        act,
        title=_("Delete"),
        button=_("Delete the ticket"),
        inputs=[],
        danger=True,
        lead=_("It disappears from every list. Undo, or an administrator, brings it back."),
    )


@both
@agent
def add_item(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        for name in request.POST.get("names", "").splitlines():
            if name.strip():
                checklist.add(ticket, name.strip(), by=request.actor, via=VIA)
        return back_to(request, number)

    inputs = [Input("names", _("Items"), "textarea", "", required=True, hint=_("One per line."))]
    return form(request, ticket, act, title=_("Checklist"), button=_("Add"), inputs=inputs)


@require_POST
@agent
def tick(request: HttpRequest, number: int, item: int) -> HttpResponse:
    ticket = queries.get(request.actor, number)
    row = Item.objects.filter(ticket=ticket, pk=item).first()
    if row is None:
        raise Missing
    checklist.change(row, by=request.actor, via=VIA, done=request.POST.get("done") == "on")
    return back_to(request, number)


@both
@agent
def ask(request: HttpRequest, number: int) -> HttpResponse:
    ticket = ticket_page.load(request.actor, number)

    def act() -> HttpResponse:
        try:
            pk = fields.person(request.POST.get("person", ""), Vocabulary(request.actor), None)
        except fields.Unreadable as error:
            raise refuse("unknown", "person", str(error)) from error
        if pk is None:
            raise refuse("required", "person", _("Say who shall decide."))
        voting.ask(ticket, Person.objects.get(pk=pk), by=request.actor, via=VIA)
        say(request, _("Asked."))
        return back_to(request, number)

    inputs = [Input("person", _("Who decides"), "lookup", "", source=reverse("desk:people"), required=True)]
    return form(request, ticket, act, title=_("Ask for approval"), button=_("Ask"), inputs=inputs)


@require_POST
@agent
def vote(request: HttpRequest, number: int, approver: int) -> HttpResponse:
    """One's own vote alone."""
    ticket = queries.get(request.actor, number)
    row = Approver.objects.filter(ticket=ticket, pk=approver, person_id=request.actor.person_id).first()
    if row is None or request.POST.get("vote") not in ("yes", "no"):
        raise Missing
    voting.vote(row, request.POST["vote"] == "yes", by=request.actor, via=VIA)
    say(request, _("Your vote is kept."))
    return back_to(request, number)
