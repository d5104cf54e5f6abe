"""Writing a ticket: who asks, what it is, where it goes; the category's fields come with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from polydesk.tickets import commands
from polydesk.tickets.refusals import Refused
from polydesk.tickets.rules import assignment, lifecycle
from polydesk.web import files, idempotency

from .. import fields, pages
from ..auth import agent
from ..filling import put_back
from ..shown import Input
from ..vocabulary import Vocabulary
from .compose import _files as stored_files
from .properties import read
from .ticket import VIA, say

ASKED = ("requester", "company", "priority", "category", "assignee", "team", "queue", "due", "tags")


@require_http_methods(["GET", "POST"])
@agent
def write(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return idempotency.form_once(request, lambda: _create(request), caller=f"desk:{request.actor.person_id}")
    return _form(request, {})


def _create(request: HttpRequest) -> HttpResponse:
    vocabulary = Vocabulary(request.actor)
    kinds = dict(vocabulary.kinds_with("add"))
    kind = request.POST.get("kind", "request")
    typed = {
        n: fields.typed(request, n)
        for n in (*ASKED, *(fields.CUSTOM + f.key for f in vocabulary.custom_fields))
        if request.POST.get(n)
    }
    values, wrong = read(typed, vocabulary, None)
    title = request.POST.get("title", "").strip()
    if not title:
        wrong["title"] = [_("Write in a few words what it is about.")]
    if kind not in kinds:
        wrong["kind"] = [_("You may not write tickets of this kind.")]
    if wrong:
        return _form(request, wrong)
    values |= {
        "title": title,
        "description": request.POST.get("description", ""),
        "channel": request.POST.get("channel") or "agent",
    }
    try:
        made = commands.create(
            kind,
            values,
            by=request.actor,
            via=VIA,
            files=stored_files(request),
            also=(assignment.status_follows_assignment, lifecycle.status_is_offered),
        )
    except Refused as error:
        return _form(request, _errors(error))
    except files.TooLarge as error:
        return _form(request, {"files": [str(error)]})
    say(request, _("Opened #%(number)s.") % {"number": made.pk})
    return HttpResponseRedirect(reverse("desk:ticket", kwargs={"number": made.pk}))


def _errors(error: Refused) -> dict[str, list[str]]:
    names = {p.target: name for name, p in fields.BY_NAME.items()}
    found: dict[str, list[str]] = {}
    for refusal in error.refusals:
        found.setdefault(names.get(refusal.field, refusal.field), []).append(refusal.message)
    return found


def _form(request: HttpRequest, wrong: dict[str, list[str]]) -> HttpResponse:
    vocabulary = Vocabulary(request.actor)
    kinds = vocabulary.kinds_with("add")
    channels: list[tuple[Any, str]] = [
        ("agent", _("Agent")),
        ("phone", _("Phone")),
        ("chat", _("Chat")),
        ("email", _("E-mail")),
        ("other", _("Other")),
    ]
    inputs = [
        Input("title", _("Title"), limit=255, required=True, wide=True),
        Input("description", _("What happened"), "textarea", rows=7, wide=True),
        Input("kind", _("Kind"), "select", "incident", list(kinds)),  # type: ignore[arg-type]
        *(_input(name, vocabulary) for name in ASKED),
        Input("channel", _("How it came"), "select", "agent", channels),
        *(fields.custom_shown(f, None) for f in vocabulary.custom_fields),
    ]
    for one in inputs:
        if one.name in request.GET:
            one.value = (request.GET.getlist if one.type == "checks" else request.GET.get)(one.name)
    values = {"inputs": inputs, "errors": put_back(request, inputs, wrong)}
    bad = values["errors"] or any(one.errors for one in inputs)
    return pages.page(request, "new", values, here="new", status=422 if bad else 200)


def _input(name: str, vocabulary: Vocabulary) -> Input:
    prop = fields.BY_NAME[name]
    choices = prop.choices(vocabulary, None) if prop.choices else []
    source = reverse(f"desk:{prop.source}") if prop.source else ""
    return Input(name, str(prop.label), prop.type, "", choices, source=source)
