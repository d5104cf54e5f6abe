"""The first page: one box, what may be asked for, and the reader's requests beneath; and an article."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from markupsafe import Markup

from polydesk.web import markdown

from .. import categories, finding, pages
from ..auth import asker


@require_safe
@asker
def home(request: HttpRequest) -> HttpResponse:
    actor, q = request.actor, request.GET.get("q", "").strip()  # type: ignore[attr-defined]
    before, whose = request.GET.get("before", ""), request.GET.get("whose", "")
    colleagues = actor.sees_company and actor.company_id is not None
    rows = finding.of_colleagues(actor) if colleagues and whose == "company" else finding.own(actor)
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.select_related("requester", "organization")[: finding.PAGE + 1])
    values = {
        "q": q,
        "articles": finding.search_articles(actor.organization_id, q),
        "found": finding.search_requests(actor, q),
        "groups": categories.groups(actor.organization_id),
        "requests": found[: finding.PAGE],
        "following": found[finding.PAGE - 1].pk if len(found) > finding.PAGE else None,
        "colleagues": colleagues,
        "whose": whose if colleagues else "",
    }
    return pages.page(request, "home", values)


@require_safe
@asker
def article(request: HttpRequest, number: int) -> HttpResponse:
    row = finding.article(request.actor.organization_id, number if number < 2**63 else 0)  # type: ignore[attr-defined]
    return pages.page(request, "article", {"article": row, "text": Markup(markdown.render(row.text))})
