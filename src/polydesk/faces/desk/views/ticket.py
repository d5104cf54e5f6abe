"""A ticket's page, whole or as fragments, and the verbs that are one button each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from polydesk.features.checklists.rules import checklist_is_done
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.refusals import Refused, Stale
from polydesk.tickets.rules import lifecycle

from .. import history, lists, pages, rail, ticket_page
from ..auth import agent
from ..shown import Input
from ..vocabulary import Vocabulary
from ..words import UNDO
from .lists import describe, resolve

VIA = "web"


@require_GET
@agent
def show(request: HttpRequest, number: int) -> HttpResponse:
    """The list beside, the conversation, the facts; for a click in the list only what changes."""
    return render(request, ticket_page.load(request.actor, number))


def render(
    request: HttpRequest,
    ticket: Ticket,
    *,
    status: int = 200,
    refused: dict[str, list[str]] | None = None,
    typed: dict[str, str] | None = None,
    composer: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page with what was typed and what is wrong with it; `refused` are errors by property."""
    vocabulary = Vocabulary(request.actor)
    shown = ticket_page.gather(request, ticket, vocabulary, whole="whole" in request.GET)
    _put_back([*shown.props, *shown.more_props], refused or {}, typed or {})
    shown.more_open = any(f.errors for f in shown.more_props)
    ticket_page.mark_seen(request.actor, ticket)
    rail.has_looked_at(request, ticket.pk)
    asked, name, _saved = resolve(request)
    values = {
        "t": shown,
        "composer": ticket_page.composer(request, ticket, vocabulary, drafted=shown.has.draft, **(composer or {})),
    }
    if request.headers.get("HX-Target") == "main":
        values["view"] = describe(asked, name, lists.Page())
        values["row"] = next(iter(_row(request, ticket, vocabulary, asked)), None)
        return pages.answer(request, "ticket_fragment", {**values, **_folded(request)}, status=status)
    page = lists.page(request.actor, asked, vocabulary, here=ticket.pk)
    values |= {"view": describe(asked, name, page), "rows": page.rows}
    return pages.page(request, "ticket", values, here=asked.view, status=status)


def _row(request: HttpRequest, ticket: Ticket, vocabulary: Vocabulary, asked: lists.Asked) -> list[Any]:
    raw = queries.visible_to(request.actor).filter(pk=ticket.pk).values(*lists.SHOWN)
    return lists.rows(request.actor, raw, vocabulary, asked, here=ticket.pk)


def _folded(request: HttpRequest) -> dict[str, Any]:
    """A fragment has no rail, yet its buttons ask how the panes stand."""
    from .. import preferences

    return {"frame": preferences.of(request), "swapped": True}


def _put_back(inputs: list[Input], refused: dict[str, list[str]], typed: dict[str, str]) -> None:
    for one in inputs:
        one.errors = refused.get(one.name, [])
        if one.name in typed:
            one.value = typed[one.name]


def back_to(request: HttpRequest, number: int, anchor: str = "") -> HttpResponse:
    """To the ticket with the list beside it as it was."""
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    return HttpResponseRedirect(reverse("desk:ticket", kwargs={"number": number}) + query + anchor)


def say(request: HttpRequest, text: str, event: Event | None = None) -> None:
    """A toast; with an event it offers to undo it (PL-205)."""
    messages.info(request, text, extra_tags=f"{UNDO}{event.pk}" if event else "")


def complain(request: HttpRequest, error: Exception) -> None:
    """Every reason of a refusal as one toast that stays."""
    messages.error(request, " ".join(r.message for r in error.refusals) if isinstance(error, Refused) else str(error))


@require_POST
@agent
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Closing is creating a closure."""
    try:
        done = commands.close(number, by=request.actor, via=VIA, also=(lifecycle.status_is_offered, checklist_is_done))
    except Refused as error:
        complain(request, error)
        return back_to(request, number)
    say(request, _("Closed #%(number)s.") % {"number": number}, done.event)
    return back_to(request, number)


@require_POST
@agent
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    try:
        done = commands.reopen(number, by=request.actor, via=VIA)
    except Refused as error:
        complain(request, error)
        return back_to(request, number)
    say(request, _("Reopened #%(number)s.") % {"number": number}, done.event)
    return back_to(request, number)


@require_POST
@agent
def undo(request: HttpRequest, event: int) -> HttpResponse:
    """Takes back what a toast or a line of the history offers; several events at once after a bulk change."""
    from .preferences import back

    ticket = 0
    for pk in [event, *(int(n) for n in request.POST.getlist("also") if n.isdecimal())][:500]:
        try:
            undone = commands.undo(pk, by=request.actor, via=VIA)
        except (Refused, Stale) as error:
            complain(request, error)
            continue
        ticket = undone.ticket.pk
        for left in undone.left:
            messages.warning(request, left)
    if ticket:
        say(request, _("Undone."))
    where = request.POST.get("next") or (reverse("desk:ticket", kwargs={"number": ticket}) if ticket else "/")
    referer = request.headers.get("Referer", "")
    if not request.POST.get("next") and referer.startswith(request.build_absolute_uri("/")):
        where = referer.removeprefix(request.build_absolute_uri("/")[:-1])
    request.POST = request.POST.copy()
    request.POST["next"] = where
    return HttpResponseRedirect(back(request))


@require_GET
@agent
def show_history(request: HttpRequest, number: int) -> HttpResponse:
    """Every event with its fields, its why and an undo where one is possible."""
    ticket = ticket_page.load(request.actor, number)
    vocabulary = Vocabulary(request.actor)
    before = request.GET.get("before", "")
    found = queries.history(request.actor, ticket).order_by("-number")
    found = found.filter(number__lt=int(before)) if before.isdecimal() and len(before) < 10 else found
    events = list(found[:101])
    names = history.Names(events, vocabulary)
    older = f"?before={events[99].number}" if len(events) > 100 else ""
    changes = history.changes(events[:100], names, also_quiet=True)
    undoable = {e.pk for e in events if e.verb not in ("create", "purge") and e.erased_at is None}
    values = {"ticket": ticket, "changes": changes, "older": older, "undoable": undoable}
    return pages.page(request, "history", values)
