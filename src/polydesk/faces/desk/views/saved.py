"""Saved views: keep a list under a name, arrange them, choose their columns, share them (PL-201)."""

from __future__ import annotations

from types import SimpleNamespace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from polydesk.directory.sharing import may_change, visible
from polydesk.features import search
from polydesk.features.search import keeping
from polydesk.features.search.models import View
from polydesk.tickets import prepared as writing
from polydesk.tickets.prepared import Readers
from polydesk.tickets.refusals import Missing, Refused

from .. import lists, pages, prepared, sharing
from ..auth import agent
from ..filling import by_field
from ..lists import Asked
from ..shelves import Wrong, number
from ..shown import Input
from ..vocabulary import Vocabulary
from .lists import COLUMNS, column_names


@require_http_methods(["GET", "POST"])
@agent
def listing(request: HttpRequest) -> HttpResponse:
    """All views that the reader sees; a POST keeps the list he looks at."""
    if request.method == "POST":
        return _save(request)
    vocabulary = Vocabulary(request.actor)
    rows = [
        SimpleNamespace(
            name=view.name,
            url=Asked(view=str(view.pk)).link(),
            query=view.query or _("everything"),
            shared=sharing.shown(view, vocabulary),
            position=view.position,
            edit=reverse("desk:view", kwargs={"pk": view.pk}) if may_change(request.actor, view) else "",
        )
        for view in _visible(request)
    ]
    return prepared.page(request, "views", "views", {"rows": rows, "title": _("Saved views")})


def _save(request: HttpRequest) -> HttpResponse:
    """The list under a name, for oneself or others; the same name for the same readers replaces."""
    q, sort = request.POST.get("q", "")[:2000], request.POST.get("sort", "")[:20]
    try:
        view = keeping.put(_name(request), {"query": q, "sort": sort}, by=request.actor, readers=_readers(request))
    except (Wrong, search.QueryError, Refused) as wrong:
        messages.error(request, str(wrong))
        return HttpResponseRedirect(Asked(q=q, sort=sort).link())
    return HttpResponseRedirect(Asked(view=str(view.pk)).link())


@require_http_methods(["GET", "POST"])
@agent
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One view: its name, text, order, columns, readers and place in the rail; `remove` forgets it."""
    view = _visible(request).filter(pk=pk).first()
    if view is None:
        raise Missing
    writing.require_keeper(view, request.actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        if "remove" in request.POST:
            writing.remove(view, by=request.actor)
            messages.info(request, _("The view is gone."))
            return HttpResponseRedirect(reverse("desk:views"))
        try:
            _keep(request, view)
        except Wrong as wrong:
            errors = wrong.errors
        else:
            messages.info(request, _("Changed."))
            return HttpResponseRedirect(Asked(view=str(view.pk)).link())
    inputs = _inputs(request, view, errors)
    values = {
        "title": view.name,
        "action": request.get_full_path(),
        "inputs": inputs,
        "button": _("Save"),
        "other": ("remove", _("Delete the view")),
        "cancel": reverse("desk:views"),
    }
    return pages.dialog(request, "small_form", values, here="replies", status=422 if errors else 200)


def _keep(request: HttpRequest, view: View) -> None:
    posted = request.POST
    values = {
        "name": _name(request),
        "query": posted.get("query", "")[:2000].strip(),
        "sort": posted.get("sort", "") if posted.get("sort", "").lstrip("+") in lists.ORDERS else "",
        "columns": [c for c in COLUMNS if c in posted.getlist("columns")],
        "position": number(posted, "position", -9999, 9999, 0),
    }
    try:
        keeping.change(view, values, by=request.actor, readers=_readers(request))
    except search.QueryError as error:
        raise Wrong({"query": [str(error)]}) from error
    except Refused as refused:
        raise Wrong(by_field(refused)) from refused


def _inputs(request: HttpRequest, view: View, errors: dict[str, list[str]]) -> list[Input]:
    sorts = [("", _("As usual")), *((key, str(order.name)) for key, order in lists.ORDERS.items())]
    names = column_names()
    inputs = [
        Input("name", _("Name"), value=view.name, required=True, limit=80),
        Input("query", _("Filters"), value=view.query, limit=2000, hint=_("Such as status:open priority>=high.")),
        Input("sort", _("Sorted by"), "select", view.sort.lstrip("+"), sorts),
        sharing.field(view, request.actor, Vocabulary(request.actor)),
        Input("position", _("Position"), "number", view.position, hint=_("Smaller ones stand higher in the rail.")),
        Input(
            "columns",
            _("Columns"),
            "checks",
            view.columns,
            [(c, names[c]) for c in COLUMNS],
            hint=_("None: each reader's own."),
        ),
    ]
    for one in inputs:
        one.errors = errors.get(one.name, [])
        if request.method == "POST":
            one.value = request.POST.getlist(one.name) if one.type == "checks" else request.POST.get(one.name, "")
    return inputs


def _visible(request: HttpRequest) -> QuerySet[View]:
    return View.objects.filter(visible(request.actor)).order_by("position", "name", "id")


def _readers(request: HttpRequest) -> Readers:
    return sharing.read(request.POST.get("team", ""), request.actor, Vocabulary(request.actor))


def _name(request: HttpRequest) -> str:
    name = request.POST.get("name", "").strip()[:80]
    if not name:
        raise Wrong({"name": [_("A view needs a name.")]})
    return name
