"""A new request: what it is about, what the category asks for, files; made once however often it is clicked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from polydesk.tickets import commands
from polydesk.tickets.models import Category
from polydesk.tickets.refusals import Refused
from polydesk.web import idempotency

from .. import categories, fields, pages, uploads
from ..auth import asker


@require_http_methods(["GET", "HEAD", "POST"])
@asker
def write(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        caller = f"portal:{request.actor.person_id}"  # type: ignore[attr-defined]
        return idempotency.form_once(request, lambda: _create(request), caller=caller)
    return _form(request, _category(request))


def _category(request: HttpRequest) -> Category | None:
    number = request.POST.get("category") or request.GET.get("category", "")
    return categories.chosen(request.actor.organization_id, number)  # type: ignore[attr-defined]


def _create(request: HttpRequest) -> HttpResponse:
    actor, category = request.actor, _category(request)  # type: ignore[attr-defined]
    asked, wrong = fields.read(fields.of(category), request.POST)
    title = " ".join(request.POST.get("title", "").split())
    if not title:
        wrong["title"] = _("Say in a few words what you need.")
    if wrong:
        return _form(request, category, wrong)
    values = {
        "title": title,
        "description": request.POST.get("description", ""),
        "requester": actor.person_id,
        "company": actor.company_id,
        "category": category.pk if category else None,
        "fields": asked,
        "channel": "portal",
    }
    try:
        made = commands.create(categories.kind_of(category), values, by=actor, via=pages.VIA, files=uploads.of(request))
    except Refused as refused:
        return _form(request, category, {r.field.removeprefix("fields."): r.message for r in refused.refusals})
    pages.say(request, _("We have it. Its number is %(number)s.") % {"number": made.pk})
    return HttpResponseRedirect(reverse("portal:request", kwargs={"number": made.pk}))


def _form(request: HttpRequest, category: Category | None, wrong: dict[str, str] | None = None) -> HttpResponse:
    wrong, posted = dict(wrong or {}), request.POST if request.method == "POST" else None
    values: dict[str, Any] = {
        "category": category,
        "category_name": categories.name(category) if category else "",
        "groups": categories.groups(request.actor.organization_id),  # type: ignore[attr-defined]
        "title": (posted or request.GET).get("title", "")[:255],
        "description": (posted or request.GET).get("description", ""),
        "inputs": [fields.shown(f, posted, wrong.pop(f.key, "")) for f in fields.of(category)],
        "title_error": wrong.pop("title", ""),
    }
    values["errors"] = list(wrong.values())
    bad = posted is not None
    return pages.page(request, "new", values, status=422 if bad else 200)
