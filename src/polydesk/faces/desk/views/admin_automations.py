"""Automations: what the desk does by itself, what it would have done, what it did, and what it was (RS-049, PL-207)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from polydesk.directory.models import Person
from polydesk.features.automation import abilities, clock, keeping, rehearsal
from polydesk.features.automation.models import Automation, Run, Version
from polydesk.features.automation.recipe import Event, Recipe
from polydesk.features.automation.starters import STARTERS, first_team
from polydesk.tickets import queries
from polydesk.tickets.models import Event as Recorded
from polydesk.tickets.refusals import Missing, Refused, Stale

from .. import admin, automations, history, lists, words
from ..auth import administrator
from ..automations import Sayings
from ..filling import by_field, take
from ..shelves import Wrong, named, number
from ..vocabulary import Vocabulary

HERE = "automations"
PAGE = 50
SHOWN = 100
DAYS = (7, 30, 90)
PHASES = {Run.DONE: "open", Run.NOTHING: "new", Run.REFUSED: "waiting", Run.STOPPED: "dropped"}


@require_GET
@administrator
def listing(request: HttpRequest) -> HttpResponse:
    """All in the order in which they act; where there is none, what they are and three to begin with."""
    rows = list(keeping.listed(request.actor))
    said = Sayings([row.parts for row in rows], Vocabulary(request.actor))
    shown = [SimpleNamespace(row=row, when=said.when(row.parts), state=_state(row)) for row in rows]
    starters = [(reverse("desk:admin_automation_new") + f"?from={key}", one) for key, one in STARTERS.items()]
    values = {
        "title": _("Automations"),
        "rows": shown,
        "starters": starters,
        "add": reverse("desk:admin_automation_new"),
    }
    return admin.page(request, "admin_automations", HERE, values)


def _state(row: Automation) -> tuple[str, str]:
    """A phase to draw, and words."""
    if row.is_active:
        return "open", _("on")
    if row.stopped_at:
        return "dropped", _("switched off: it went in circles on #%(number)s") % {"number": row.stopped_on}
    return "new", _("off")


@require_http_methods(["GET", "POST"])
@administrator
def one(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One automation, to be changed or (without a number) to be made."""
    row = keeping.get(pk, by=request.actor) if pk else None
    vocabulary = Vocabulary(request.actor)
    name, made = _begun(request, row)
    parts = automations.form(row, made, vocabulary, name)
    kept: list[Automation] = []
    place = reverse("desk:admin_automations")
    outcome = take(request, row, lambda: kept.append(_keep(request, row, vocabulary)), back=place)
    if isinstance(outcome, HttpResponse):
        return HttpResponseRedirect(_place(kept[0]))
    inputs = [each for part in parts for each in part.inputs]
    facts = {"parts": parts, "back": place, "row": row, "state": _state(row) if row else None}
    title = row.name if row else _("New automation")
    return admin.form(request, HERE, title, inputs, outcome, template="admin_automation", **facts)


def _place(row: Automation, page: str = "") -> str:
    return reverse(f"desk:admin_automation{page}", kwargs={"pk": row.pk})


def _begun(request: HttpRequest, row: Automation | None) -> tuple[str, Recipe]:
    """What the form begins with: the row's own, or a ready-made one, or nothing."""
    if row is not None:
        return row.name, row.parts
    starter = STARTERS.get(request.GET.get("from", ""))
    if starter is None:
        return "", Recipe(Event(of=["created"]))
    return str(starter.name), starter.make(first_team(request.actor.organization_id))


def _keep(request: HttpRequest, row: Automation | None, vocabulary: Vocabulary) -> Automation:
    posted = request.POST
    made, name = automations.read(posted, vocabulary), named(posted)["name"]
    seen = posted.get("version", "")
    expected = int(seen) if row is not None and seen.isdecimal() and len(seen) < 10 else None
    place = number(posted, "position", -9999, 9999, 0)
    try:
        return keeping.keep(row, by=request.actor, name=name, recipe=made, position=place, expected=expected)
    except Refused as refused:
        raise Wrong(automations.by_input(by_field(refused))) from refused
    except Stale as stale:
        raise Wrong({"": [_("Somebody has changed it since. Open it again to see how.")]}) from stale


@require_POST
@administrator
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On, off, or away with it."""
    row, do = keeping.get(pk, by=request.actor), request.POST.get("do", "")
    if do == "remove":
        keeping.remove(row, by=request.actor)
        messages.info(request, _("The automation is gone."))
        return HttpResponseRedirect(reverse("desk:admin_automations"))
    if do not in ("on", "off"):
        raise Missing
    try:
        keeping.switch(row, do == "on", by=request.actor)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("It is on.") if do == "on" else _("It is off."))
    return HttpResponseRedirect(_place(row))


# What it would do -----------------------------------------------------------------------------------------------
@require_GET
@administrator
def rehearse(request: HttpRequest, pk: int) -> HttpResponse:
    """Which tickets it would meet now, and what it would have done in the last days. Nothing is written."""
    row, vocabulary = keeping.get(pk, by=request.actor), Vocabulary(request.actor)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else DAYS[1]
    said = Sayings([row.parts], vocabulary)
    values: dict[str, Any] = {
        "title": _("Rehearsal: %(name)s") % {"name": row.name},
        "row": row,
        "spans": [(n, _("%(n)d days") % {"n": n}, n == days) for n in DAYS],
        "lines": said.lines(row.parts),
        "besides": said.besides(row.parts),
        "error": "",
        "now": None,
        "firings": [],
    }
    try:
        values |= _now(row, request) | _then(row, days, vocabulary)
    except Refused as refused:
        values["error"] = str(refused)
    return admin.page(request, "admin_rehearsal", HERE, values)


def _now(row: Automation, request: HttpRequest) -> dict[str, Any]:
    """How many tickets the condition finds at this moment, with the very list; of them those whose time has come."""
    found = lists.capped(abilities.find(request.actor, row.parts.condition))
    due = lists.capped(clock.due(row, timezone.now())) if row.is_timed else ""
    return {"now": found, "due": due, "list": lists.Asked(q=row.parts.condition, view="").link()}


def _then(row: Automation, days: int, vocabulary: Vocabulary) -> dict[str, Any]:
    done = rehearsal.rehearse(row, days=days)
    shown = done.firings[:SHOWN]
    names = history.Names([Recorded(changes=one.sets) for one in shown], vocabulary)
    looked = ngettext(
        "It looked at %(n)d event of the last %(days)d days.",
        "It looked at %(n)d events of the last %(days)d days.",
        done.looked_at,
    )
    if done.is_cut:
        looked = _("It looked at the last %(n)d events; the %(days)d days have more.")
    return {
        "firings": [SimpleNamespace(one=one, lines=automations.sets(one.sets, names)) for one in shown],
        "fired": len(done.firings),
        "met": done.tickets,
        "hidden": len(done.firings) - len(shown),
        "looked": looked % {"n": done.looked_at, "days": days},
    }


# What it did, and what it was -----------------------------------------------------------------------------------
@require_GET
@administrator
def past(request: HttpRequest, pk: int) -> HttpResponse:
    """What it did on which ticket and why, and its versions, newest first."""
    row, vocabulary = keeping.get(pk, by=request.actor), Vocabulary(request.actor)
    before = request.GET.get("before", "")
    found = keeping.runs(row, by=request.actor)
    found = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else found
    runs = list(found[: PAGE + 1])
    seen = queries.visible_to(request.actor).filter(pk__in=[run.ticket_id for run in runs])
    titles = dict(seen.values_list("pk", "title"))
    values = {
        "title": _("History: %(name)s") % {"name": row.name},
        "row": row,
        "runs": [SimpleNamespace(run=run, title=titles.get(run.ticket_id), why=_why(run)) for run in runs[:PAGE]],
        "phases": PHASES,
        "older": f"?before={runs[PAGE - 1].pk}" if len(runs) > PAGE else "",
        "versions": [] if before else _versions(row, vocabulary),
    }
    return admin.page(request, "admin_automation_history", HERE, values)


def _why(run: Run) -> str:
    if run.event_id:
        return _("event %(number)s") % {"number": run.event_id}
    return _("time since %(moment)s") % {"moment": words.moment(run.since or run.at)}


def _versions(row: Automation, vocabulary: Vocabulary) -> list[SimpleNamespace]:
    rows = list(Version.objects.filter(automation=row)[: PAGE + 1])
    said = Sayings([version.parts for version in rows], vocabulary)
    people = dict(Person.objects.filter(pk__in=[v.by_id for v in rows if v.by_id]).values_list("pk", "name"))
    former = [*rows[1:], None]
    return [
        SimpleNamespace(
            version=version,
            who=people.get(version.by_id or 0, _("The desk")),
            lines=said.differences((was.name, was.parts) if was else None, (version.name, version.parts)),
            is_now=version.number == row.version,
        )
        for version, was in list(zip(rows, former, strict=True))[:PAGE]
    ]


@require_POST
@administrator
def back(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """What it was in a former version it becomes again, as a new version."""
    row = keeping.get(pk, by=request.actor)
    try:
        keeping.go_back(row, version, by=request.actor)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.info(request, _("It is as it was in version %(number)d.") % {"number": version})
    return HttpResponseRedirect(_place(row, "_history"))
