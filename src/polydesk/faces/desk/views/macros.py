"""Macros: where they are written, and applied to one ticket or to many after a look at what will change (PL-202)."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from markupsafe import Markup

from polydesk.directory.sharing import may_change
from polydesk.features.macros import applying, finding
from polydesk.features.macros.models import ME, Macro
from polydesk.tickets import kinds, placeholders, queries
from polydesk.tickets import prepared as writing
from polydesk.tickets.models import Event, Ticket
from polydesk.tickets.refusals import Denied, Missing, Refused, Stale
from polydesk.web import idempotency, markdown

from .. import fields, history, pages, prepared, setting, sharing, ticket_page
from ..auth import agent
from ..filling import take
from ..shelves import number, yes
from ..shown import Input, Line
from ..vocabulary import Vocabulary
from ..words import UNDO
from .bulk import MOST
from .preferences import back
from .properties import ALSO
from .ticket import VIA, back_to, complain, say


# Writing macros -------------------------------------------------------------------------------------------------
@require_GET
@agent
def listing(request: HttpRequest) -> HttpResponse:
    """All macros that the reader may use."""
    vocabulary = Vocabulary(request.actor)
    rows = [
        SimpleNamespace(
            url=reverse("desk:macro", kwargs={"pk": m.pk}),
            cells=(m.name, m.description, sharing.shown(m, vocabulary), yes(m.is_active)),
        )
        for m in finding.kept(request.actor)[:1000]
    ]
    values = {
        "title": _("Macros"),
        "heads": (_("Name"), _("What it is for"), _("Shared with"), _("In use")),
        "rows": rows,
        "hint": _("Several changes and a text under one name. Before it is applied it shows what will change."),
        "q": None,
        "older": "",
        "add": reverse("desk:macro_new"),
        "add_label": _("New macro"),
    }
    return prepared.page(request, "admin_rows", "macros", values)


@require_http_methods(["GET", "POST"])
@agent
def edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One macro, to be changed or (without a number) to be made; `remove` forgets it."""
    row = finding.kept(request.actor).filter(pk=pk).first() if pk else None
    if pk and row is None:
        raise Missing
    vocabulary, place = Vocabulary(request.actor), reverse("desk:macros")
    outcome = take(
        request,
        row,
        lambda: _keep(request, row, vocabulary),
        back=place,
        gone=_("The macro is gone."),
        remove=lambda: writing.remove(row, by=request.actor),
    )
    if isinstance(outcome, HttpResponse):
        return outcome
    may = row is None or may_change(request.actor, row)
    title, inputs = row.name if row else _("New macro"), _inputs(row, request, vocabulary)
    other = ("remove", _("Delete the macro")) if row and may else None
    return prepared.form(request, "macros", title, inputs, outcome, back=place, may_change=may, other=other)


def _inputs(row: Macro | None, request: HttpRequest, vocabulary: Vocabulary) -> list[Input]:
    names = "  ".join(f"{{{{{name}}}}}" for name in placeholders.NAMES)
    every_kind = [(k, vocabulary.kind(k)) for k in kinds.KINDS]
    return [
        Input("name", _("Name"), value=row.name if row else "", required=True, limit=100),
        Input("description", _("What it is for"), value=row.description if row else "", limit=300),
        *setting.inputs(row.values if row else {}, vocabulary, {"assignee": [(ME, _("Whoever applies it"))]}),
        *setting.of_tags(row.add_tags if row else [], row.remove_tags if row else [], vocabulary),
        Input(
            "text",
            _("Text"),
            "textarea",
            row.text if row else "",
            rows=6,
            wide=True,
            limit=50_000,
            hint=_("Filled in for the ticket: %(names)s") % {"names": names},
        ),
        Input("internal", _("The text is a note"), "checkbox", row.internal if row else False),
        Input("kinds", _("Only for these kinds"), "checks", row.kinds if row else [], every_kind, wide=True),
        sharing.field(row, request.actor, vocabulary),
        Input("position", _("Position"), "number", row.position if row else 0),
        Input("is_active", _("In use"), "checkbox", row.is_active if row else True),
    ]


def _keep(request: HttpRequest, row: Macro | None, vocabulary: Vocabulary) -> None:
    posted = request.POST
    values = {
        "name": posted.get("name", "").strip(),
        "description": posted.get("description", "").strip(),
        "values": setting.read(posted, vocabulary, also={"assignee": [ME]}),
        "add_tags": fields.tags(posted.get("add_tags", ""), vocabulary, None),
        "remove_tags": fields.tags(posted.get("remove_tags", ""), vocabulary, None),
        "text": posted.get("text", "").replace("\r\n", "\n"),
        "internal": posted.get("internal") == "on",
        "kinds": [k for k in kinds.KINDS if k in posted.getlist("kinds")],
        "position": number(posted, "position", -9999, 9999, 0),
        "is_active": posted.get("is_active") == "on",
    }
    sharing.keep(request, row, Macro, values, vocabulary)


# Applying them --------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Shown:
    """One ticket's part of a preview, in the organization's words."""

    number: int
    title: str
    version: int
    lines: list[Line]
    html: Markup
    internal: bool
    refusals: list[str]
    is_empty: bool


def shown(preview: applying.Preview, vocabulary: Vocabulary) -> Shown:
    event = Event(changes=preview.changes, verb="edit", via=VIA, at=preview.ticket.active_at)
    found = history.changes([event], history.Names([event], vocabulary))
    html = Markup(markdown.render(preview.text)) if preview.text else Markup("")
    return Shown(
        number=preview.ticket.pk,
        title=preview.ticket.title,
        version=preview.version,
        lines=found[0].lines if found else [],
        html=html,
        internal=preview.internal,
        refusals=[r.message for r in preview.refusals],
        is_empty=preview.is_empty,
    )


@require_GET
@agent
def pick(request: HttpRequest, number: int) -> HttpResponse:
    """The macros for tickets of this kind."""
    ticket = ticket_page.load(request.actor, number)
    url = reverse("desk:ticket", kwargs={"number": ticket.pk})
    rows = [(m, f"{url}/macros/{m.pk}") for m in finding.visible(request.actor, ticket.kind)]
    return pages.dialog(request, "pick_macro", {"title": _("Apply a macro"), "rows": rows, "cancel": url})


@require_http_methods(["GET", "POST"])
@agent
def use(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """What it will change on this ticket; a POST does just that, unless the ticket has moved on since."""
    ticket, macro = ticket_page.load(request.actor, number), _macro(request, pk)
    stale = ""
    if request.method == "POST":
        seen = request.POST.get("version", "")
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
        try:
            done = applying.apply(macro, number, by=request.actor, via=VIA, also=ALSO, if_version=version)
        except Stale:
            stale = _("The ticket has changed since. Look again before you apply it.")
        except Refused as error:
            complain(request, error)
        else:
            if done.event:
                say(request, _("Applied “%(name)s”.") % {"name": macro.name}, done.event)
            return back_to(request, number)
        ticket = ticket_page.load(request.actor, number)
    preview = applying.preview(macro, ticket, by=request.actor, via=VIA, also=ALSO)
    values = {
        "title": macro.name,
        "lead": macro.description,
        "errors": [stale] if stale else [],
        "rows": [shown(preview, Vocabulary(request.actor))],
        "action": request.get_full_path(),
        "is_possible": preview.is_possible and not preview.is_empty,
        "hidden": [("version", preview.version)],
        "cancel": reverse("desk:ticket", kwargs={"number": number}),
    }
    return pages.dialog(request, "use_macro", values, status=409 if stale else 200)


@require_POST
@agent
def many(request: HttpRequest) -> HttpResponse:
    """The same for the selected tickets: first a look at each, then each by its own command."""
    picked = [int(n) for n in request.POST.getlist("ticket") if n.isdecimal() and len(n) < 18][:MOST]
    chosen = list(queries.visible_to(request.actor).filter(pk__in=picked).order_by("pk"))
    named = request.POST.get("macro", "")
    if not chosen or not named.isdecimal() or len(named) > 18:
        messages.error(request, _("Select tickets and choose a macro first."))
        return HttpResponseRedirect(back(request))
    macro = _macro(request, int(named))
    if "apply" in request.POST:
        caller = f"desk:{request.actor.person_id}"
        return idempotency.form_once(request, lambda: _apply(request, macro, chosen), caller=caller)
    vocabulary = Vocabulary(request.actor)
    previews = [applying.preview(macro, t, by=request.actor, via=VIA, also=ALSO) for t in chosen]
    values = {
        "title": macro.name,
        "lead": macro.description,
        "errors": [],
        "rows": [shown(p, vocabulary) for p in previews],
        "action": request.path,
        "is_possible": any(p.is_possible and not p.is_empty for p in previews),
        "hidden": [("apply", 1), ("macro", macro.pk), ("next", back(request))]
        + [("ticket", p.ticket.pk) for p in previews if p.is_possible and not p.is_empty]
        + [(f"version_{p.ticket.pk}", p.version) for p in previews],
        "cancel": back(request),
    }
    return pages.page(request, "alone", {**values, "inside": "desk/use_macro.jinja"})


def _apply(request: HttpRequest, macro: Macro, chosen: list[Ticket]) -> HttpResponse:
    events, refused = [], []
    for ticket in chosen:
        seen = request.POST.get(f"version_{ticket.pk}", "")
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
        try:
            done = applying.apply(macro, ticket.pk, by=request.actor, via=VIA, also=ALSO, if_version=version)
        except Stale:
            refused.append(_("#%(number)s has changed since and was left alone.") % {"number": ticket.pk})
        except (Refused, Denied) as error:
            refused.append(f"#{ticket.pk}: {error}")
        else:
            events += [done.event.pk] if done.event else []
    if events:
        text = _("Applied “%(name)s” to %(count)d tickets.") % {"name": macro.name, "count": len(events)}
        messages.info(request, text, extra_tags=" ".join(f"{UNDO}{pk}" for pk in events))
    if refused:
        messages.error(request, " ".join(refused[:5]))
    return HttpResponseRedirect(back(request))


def _macro(request: HttpRequest, pk: int) -> Macro:
    row = finding.kept(request.actor).filter(pk=pk, is_active=True).first()
    if row is None:
        raise Missing
    return row
