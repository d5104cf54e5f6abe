"""The list page and its saved views."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from polydesk.directory.sharing import may_change
from polydesk.features.macros import finding
from polydesk.features.macros.models import Macro
from polydesk.features.search.models import View
from polydesk.tickets import kinds

from .. import lists, pages, preferences, rail, sharing, wanted
from ..auth import agent
from ..lists import Asked
from ..shown import Chip, Column, Input
from ..vocabulary import Vocabulary

COLUMNS = (
    "requester",
    "company",
    "kind",
    "category",
    "queue",
    "team",
    "status",
    "priority",
    "assignee",
    "due",
    "updated",
    "created",
)
SORTABLE = {
    "priority": "priority",
    "due": "due",
    "updated": "updated",
    "created": "created",
    "number": "created",
    "title": "title",
}


CLOCKS = (
    ("breached", gettext_lazy("breached")),
    ("soon", gettext_lazy("runs out within four hours")),
    ("paused", gettext_lazy("paused")),
    ("met", gettext_lazy("met")),
)


@dataclass(slots=True)
class Shown:
    """What the list's page says about itself."""

    name: str
    q: str
    sort: str = ""
    id: int | None = None
    total: str = ""
    error: str = ""
    context: str = ""
    live: str = "?"
    back: str = ""
    everything: str = ""
    older: str = ""
    newer: str = ""
    sorted_by: str = ""
    sorts: list[tuple[str, str, bool]] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    filters: list[Input] = field(default_factory=list)
    bulk: list[Input] = field(default_factory=list)
    sharing: list[tuple[Any, str]] = field(default_factory=list)
    edit: str = ""
    macros: list[Macro] = field(default_factory=list)
    columns_field: Input | None = None


@require_GET
@agent
def show(request: HttpRequest) -> HttpResponse:
    """One page of a list, by view or by query text."""
    asked, name, saved = resolve(request)
    if chosen := _chosen(request):
        return HttpResponseRedirect(asked.link(q=" ".join([asked.q, *chosen]).strip(), view=""))
    vocabulary = Vocabulary(request.actor)
    page = lists.page(request.actor, asked, vocabulary)
    view = describe(asked, name, page)
    view.id = saved.pk if saved else None
    view.newer = asked.link() if asked.after else ""
    view.filters, view.bulk = _filters(vocabulary), bulk_fields(vocabulary)
    view.macros = finding.visible(request.actor)
    view.sharing = sharing.choices(request.actor, vocabulary)
    if saved and may_change(request.actor, saved):
        view.edit = reverse("desk:view", kwargs={"pk": saved.pk})
    columns = _columns(request, saved)
    names = column_names()
    view.columns_field = Input("columns", _("Columns"), "checks", columns, [(c, names[c]) for c in COLUMNS])
    if page.error == "":
        is_whole = not page.older and not asked.after
        view.total = str(len(page.rows)) if is_whole else rail.count(request.actor, asked.q)
    values = {"view": view, "rows": page.rows, "columns": headings(request, asked, saved)}
    return pages.page(request, "list", values, here=asked.view, status=400 if page.error else 200)


def resolve(request: HttpRequest) -> tuple[Asked, str, View | None]:
    """The list that an address names: a standing view, a saved one, a query text; the inbox when it says nothing."""
    asked = Asked.of(request.GET)
    if asked.q or (not asked.view and "q" in request.GET):
        return replace(asked, view=""), _("Search"), None
    if asked.view.isdecimal():
        found = next((v for v in rail.saved(request.actor) if str(v.pk) == asked.view), None)
        if found:
            return replace(asked, q=found.query, sort=asked.sort or found.sort), found.name, found
    standing = next((s for s in lists.STANDING if s.key == asked.view), lists.STANDING[0])
    return replace(asked, view=standing.key, q=standing.query), str(standing.name), None


def describe(asked: Asked, name: str, page: lists.Page) -> Shown:
    """The parts of the description that the list and the strip beside a ticket share."""
    order, _down = asked.order
    return Shown(
        name=name,
        q=asked.q,
        sort=asked.sort,
        error=page.error,
        context=asked.context if asked.view != "inbox" or asked.after or asked.sort else "",
        live=asked.context or "?",
        back=asked.link() + (f"&after={asked.after}" if asked.after else ""),
        everything=asked.link(view="all", q=""),
        older=f"{asked.link()}&after={page.older}" if page.older else "",
        sorted_by=str(order.name),
        sorts=[(str(o.name), asked.link(sort=o.key), o.key == order.key) for o in lists.ORDERS.values()],
        chips=_chips(asked),
    )


def _chips(asked: Asked) -> list[Chip]:
    return [Chip(text.replace(":", ": ", 1), asked.link(q=without, view="")) for text, without in wanted.chips(asked.q)]


def _chosen(request: HttpRequest) -> list[str]:
    """Filters picked in the filter menu, as terms."""
    picked = (
        (key, request.GET.get(f"f_{key}", "")) for key in ("status", "assignee", "team", "priority", "kind", "sla")
    )
    return [f"{key}={value}" for key, value in picked if value and " " not in value]


def _filters(vocabulary: Vocabulary) -> list[Input]:
    anything = ("", _("Any"))
    agents = [anything, ("me", _("Me")), ("none", _("Nobody")), *vocabulary.agents.items()]
    return [
        Input(
            "f_status", _("Status"), "select", "", [anything, *((k, vocabulary.status(k)) for k in vocabulary.statuses)]
        ),
        Input("f_assignee", _("Assignee"), "select", "", agents),
        Input("f_team", _("Team"), "select", "", [anything, ("mine", _("My teams")), *vocabulary.teams.items()]),
        Input(
            "f_priority",
            _("Priority"),
            "select",
            "",
            [anything, *((k, vocabulary.priority(k)) for k in vocabulary.priorities)],
        ),
        Input("f_kind", _("Kind"), "select", "", [anything, *((k, vocabulary.kind(k)) for k in kinds.KINDS)]),
        Input("f_sla", _("Service level"), "select", "", [anything, *CLOCKS]),
    ]


def bulk_fields(vocabulary: Vocabulary) -> list[Input]:
    """What can be set on many tickets at once; `-` empties."""
    statuses = [(k, vocabulary.status(k)) for k in vocabulary.statuses]
    priorities = [(k, vocabulary.priority(k)) for k in vocabulary.priorities]
    return [
        Input("status", _("Status"), "select", "", [("", _("Status")), *statuses]),
        Input(
            "assignee",
            _("Assignee"),
            "select",
            "",
            [("", _("Assignee")), ("-", _("Nobody")), *vocabulary.agents.items()],
        ),
        Input("priority", _("Priority"), "select", "", [("", _("Priority")), ("-", _("None")), *priorities]),
        Input("team", _("Team"), "select", "", [("", _("Team")), ("-", _("None")), *vocabulary.teams.items()]),
    ]


def headings(request: HttpRequest, asked: Asked, saved: View | None) -> list[Column]:
    """The columns that the reader sees, in order."""
    names = column_names()
    return [_heading(c, names[c], asked) for c in ("number", "title", *_columns(request, saved))]


def _columns(request: HttpRequest, saved: View | None) -> list[str]:
    chosen = saved.columns if saved and saved.columns else preferences.of(request)["columns"].split(",")
    return [c for c in COLUMNS if c in chosen] or list(preferences.DEFAULT_COLUMNS)


def column_names() -> dict[str, str]:
    return {
        "number": _("Number"),
        "title": _("Title"),
        "requester": _("Requester"),
        "company": _("Company"),
        "kind": _("Kind"),
        "category": _("Category"),
        "queue": _("Queue"),
        "team": _("Team"),
        "status": _("Status"),
        "priority": _("Priority"),
        "assignee": _("Who"),
        "due": _("Due"),
        "updated": _("Updated"),
        "created": _("Created"),
    }


def _heading(key: str, name: str, asked: Asked) -> Column:
    order, down = asked.order
    sorts = SORTABLE.get(key, "")
    here = sorts == order.key and key != "number"
    other = f"+{sorts}" if here and not asked.sort.startswith("+") else sorts
    return Column(
        key,
        name,
        asked.link(sort=other) if sorts else "",
        ("descending" if down else "ascending") if here else "",
    )
