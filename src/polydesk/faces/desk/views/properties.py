"""Changing a ticket's properties in place, one or many, and what happens when somebody else was faster (RS-032)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from polydesk.features.checklists.rules import checklist_is_done
from polydesk.tickets import commands
from polydesk.tickets.models import Ticket
from polydesk.tickets.refusals import Missing, Refused, Stale
from polydesk.tickets.rules import assignment, lifecycle

from .. import fields, pages, ticket_page, words
from ..auth import agent
from ..fields import CUSTOM, Unreadable
from ..shown import BETWEEN, Input
from ..vocabulary import Vocabulary
from .ticket import VIA, back_to, render, say

ALSO = (assignment.status_follows_assignment, lifecycle.status_is_offered, checklist_is_done)


@dataclass(slots=True)
class Clash:
    """A field that somebody else changed while it was being edited here: both values, and a choice."""

    name: str
    label: str
    mine: str
    mine_shown: str
    theirs: str
    theirs_shown: str


@require_POST
@agent
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Only what was changed here is sent; the same field changed elsewhere meanwhile is asked about."""
    ticket = ticket_page.load(request.actor, number)
    vocabulary = Vocabulary(request.actor)
    now = {f.name: f for f in _inputs(ticket, vocabulary)}
    typed = {name: fields.typed(request, name) for name in now if name in request.POST}
    mine = {n: v for n, v in typed.items() if v != request.POST.get(f"was_{n}", now[n].text)}
    if request.POST.get("version") != str(ticket.version) and "decided" not in request.POST:
        clashes = [
            _clash(now[n], v)
            for n, v in mine.items()
            if request.POST.get(f"was_{n}") not in (None, now[n].text) and v != now[n].text
        ]
        if clashes:
            return _ask(request, ticket, clashes, mine)
    values, wrong = read(mine, vocabulary, ticket)
    if not wrong and values:
        try:
            done = commands.edit(number, values, by=request.actor, via=VIA, also=ALSO, if_version=_decided(request))
        except Stale:
            return _ask(request, ticket, [_clash(now[n], v) for n, v in mine.items()], mine)
        except Refused as error:
            wrong = _by_property(error)
        else:
            if done.event:
                say(request, _said(done.event, vocabulary), done.event)
            return back_to(request, number)
    if wrong:
        return render(request, ticket, status=422, refused=wrong, typed=mine)
    return back_to(request, number)


def _decided(request: HttpRequest) -> int | None:
    """The version that the reader of a conflict has seen."""
    seen = request.POST.get("decided", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else None


def _inputs(ticket: Ticket, vocabulary: Vocabulary) -> list[Input]:
    shown = [fields.shown(p, vocabulary, ticket) for p in fields.BY_NAME.values()]
    return shown + [fields.custom_shown(f, ticket) for f in vocabulary.custom_fields]


def read(
    typed: dict[str, str], vocabulary: Vocabulary, ticket: Ticket | None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The engine's values of what was typed, and what could not be read, by property."""
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    custom = {CUSTOM + f.key: f for f in vocabulary.custom_fields}
    for name, text in typed.items():
        try:
            if name in custom:
                values.setdefault("fields", {})[custom[name].key] = fields.custom_read(custom[name], text)
            elif name in fields.BY_NAME:
                prop = fields.BY_NAME[name]
                values[prop.target] = prop.read(text, vocabulary, ticket)
        except Unreadable as error:
            wrong[name] = [str(error)]
    return values, wrong


def _by_property(error: Refused) -> dict[str, list[str]]:
    """The engine's refusals under the names that the form knows."""
    names = {p.target: name for name, p in fields.BY_NAME.items()}
    found: dict[str, list[str]] = {}
    for refusal in error.refusals:
        name = CUSTOM + refusal.field.removeprefix("fields.") if refusal.field.startswith("fields.") else refusal.field
        found.setdefault(names.get(name, name if name.startswith(CUSTOM) else "status"), []).append(refusal.message)
    return found


def _said(event: Any, vocabulary: Vocabulary) -> str:
    from .. import history

    changes = history.changes([event], history.Names([event], vocabulary))
    lines = changes[0].lines if changes else []
    if len(lines) == 1:
        what = {"label": lines[0].label, "value": lines[0].after or _("empty")}
        return _("%(label)s: %(value)s") % what
    return _("Changed.")


def _clash(f: Input, mine: str) -> Clash:
    names = {str(value if value is not None else ""): name for value, name in f.choices}
    shown = {text: ", ".join(names.get(one, one) for one in text.split(BETWEEN)) for text in (mine, f.text)}
    return Clash(f.name, f.label, mine, shown[mine], f.text, shown[f.text])


def _ask(request: HttpRequest, ticket: Ticket, clashes: list[Clash], mine: dict[str, str]) -> HttpResponse:
    """Both values of each field, side by side; nothing typed is lost, nothing is overwritten unseen."""
    clashing = {c.name for c in clashes}
    values = {
        "ticket": ticket,
        "clashes": clashes,
        "rest": [(name, value) for name, value in mine.items() if name not in clashing],
        "action": request.get_full_path(),
        "who": _who(ticket),
    }
    if request.headers.get("HX-Target") == "main":
        return pages.answer(request, "conflict_fragment", values, status=409)
    return pages.page(request, "conflict", values, status=409)


def _who(ticket: Ticket) -> str:
    person = ticket.active_by
    return person.name if person else _("The desk")


@require_http_methods(["GET", "POST"])
@agent
def change(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One property as a small form: the list's cells and the keys a, s and p open it."""
    if name not in fields.BY_NAME:
        raise Missing
    ticket = ticket_page.load(request.actor, number)
    vocabulary = Vocabulary(request.actor)
    prop = fields.BY_NAME[name]
    shown = fields.shown(prop, vocabulary, ticket)
    if request.method == "POST" and name in request.POST:
        values, wrong = read({name: request.POST[name]}, vocabulary, ticket)
        if not wrong:
            try:
                done = commands.edit(number, values, by=request.actor, via=VIA, also=ALSO)
            except Refused as error:
                wrong = _by_property(error)
                wrong = {name: [m for messages in wrong.values() for m in messages]}
            else:
                if done.event:
                    say(request, f"#{number} · {_said(done.event, vocabulary)}", done.event)
                return _back(request, number)
        shown.value, shown.errors = request.POST[name], wrong.get(name, [])
    values = {
        "title": f"#{number} {ticket.title}",
        "action": request.get_full_path(),
        "inputs": [shown],
        "button": _("Set %(field)s") % {"field": words.within(str(prop.label))},
        "cancel": _address(request, number),
    }
    return pages.dialog(request, "small_form", values, status=422 if shown.errors else 200)


def _address(request: HttpRequest, number: int) -> str:
    """The list that the link stood in."""
    query = request.META.get("QUERY_STRING", "")
    return reverse("desk:list") + (f"?{query}" if query else "")


def _back(request: HttpRequest, number: int) -> HttpResponse:
    from django.http import HttpResponseRedirect

    referer = request.headers.get("Referer", "")
    here = request.build_absolute_uri("/")
    if referer.startswith(here) and "/change/" not in referer:
        return HttpResponseRedirect("/" + referer.removeprefix(here))
    return HttpResponseRedirect(_address(request, number))


@require_http_methods(["GET", "POST"])
@agent
def text(request: HttpRequest, number: int) -> HttpResponse:
    """Title and text, with the version they were read at."""
    ticket = ticket_page.load(request.actor, number)
    title, body = request.POST.get("title", ticket.title), request.POST.get("description", ticket.description)
    wrong: dict[str, list[str]] = {}
    stale = ""
    if request.method == "POST":
        seen = request.POST.get("version", "")
        try:
            done = commands.edit(
                number,
                {"title": title, "description": body},
                by=request.actor,
                via=VIA,
                if_version=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
            )
        except Stale:
            stale = _(
                "%(who)s has changed the ticket since. Below is what you typed; the hints show what stands now."
            ) % {"who": _who(ticket)}
        except Refused as error:
            for refusal in error.refusals:
                wrong.setdefault(refusal.field, []).append(refusal.message)
        else:
            if done.event:
                say(request, _("Changed."), done.event)
            return back_to(request, number)
    inputs = [
        Input("title", _("Title"), value=title, limit=255, required=True, errors=wrong.pop("title", [])),
        Input("description", _("Text"), "textarea", body, rows=12, errors=wrong.pop("description", [])),
        Input("version", "", "hidden", ticket.version),
    ]
    if stale:
        inputs[0].hint, inputs[1].hint = ticket.title, ticket.description[:2000]
    values = {
        "title": _("Edit title and text"),
        "action": request.get_full_path(),
        "inputs": inputs,
        "button": _("Save"),
        "errors": [stale] if stale else [m for found in wrong.values() for m in found],
        "cancel": reverse("desk:ticket", kwargs={"number": number}),
    }
    bad = stale or any(i.errors for i in inputs) or wrong
    return pages.dialog(request, "small_form", values, status=409 if stale else 422 if bad else 200)
