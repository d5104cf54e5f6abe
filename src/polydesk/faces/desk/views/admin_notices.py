"""Notices: announcements to one customer or to all (PL-207, SE-104)."""

from __future__ import annotations

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from polydesk.features.notices import models as notices
from polydesk.features.notices import writing
from polydesk.features.notices.models import Notice
from polydesk.tickets.refusals import Missing

from .. import admin, fields
from ..auth import administrator
from ..filling import take
from ..shelves import Wrong
from ..shown import Input
from ..vocabulary import Vocabulary
from ..words import moment


@require_GET
@administrator
def listing(request: HttpRequest) -> HttpResponse:
    rows = [
        SimpleNamespace(
            url=reverse("desk:admin_notice", kwargs={"pk": n.pk}),
            cells=(
                n.title,
                n.company.name if n.company else _("everybody"),
                ", ".join(n.notification_categories),
                moment(n.created_at),
                str(n.pk),
            ),
        )
        for n in notices.visible(request.actor).select_related("company")[:500]
    ]
    values = {
        "title": _("Notices"),
        "heads": (_("Title"), _("For"), _("Categories"), _("Written"), _("Number")),
        "rows": rows,
        "hint": _("Announcements such as a maintenance. Clients open tickets from one by its number (Selectel)."),
        "q": None,
        "older": "",
        "add": reverse("desk:admin_notice_new"),
        "add_label": _("New notice"),
    }
    return admin.page(request, "admin_rows", "notices", values)


@require_http_methods(["GET", "POST"])
@administrator
def one(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One notice, to be changed or (without a number) to be written; `remove` forgets it."""
    row = notices.visible(request.actor).select_related("company").filter(pk=pk).first() if pk else None
    if pk and row is None:
        raise Missing
    place = reverse("desk:admin_notices")
    outcome = take(
        request,
        row,
        lambda: _keep(request, row),
        back=place,
        gone=_("The notice is gone."),
        remove=lambda: writing.remove(row, by=request.actor),
    )
    if isinstance(outcome, HttpResponse):
        return outcome
    other = ("remove", _("Delete the notice")) if row else None
    title = row.title if row else _("New notice")
    return admin.form(request, "notices", title, _inputs(row), outcome, back=place, other=other)


def _inputs(row: Notice | None) -> list[Input]:
    return [
        Input("title", _("Title"), value=row.title if row else "", required=True, limit=255),
        Input(
            "company",
            _("For"),
            "lookup",
            fields.named_company(row.company) if row else "",
            source=reverse("desk:companies"),
            hint=_("A company; empty: everybody."),
        ),
        Input(
            "categories",
            _("Categories"),
            value=", ".join(row.notification_categories) if row else "",
            hint=_("Keys with commas between, such as maintenance."),
        ),
        Input("text", _("Text"), "textarea", row.text if row else "", rows=8, wide=True, limit=50_000),
    ]


def _keep(request: HttpRequest, row: Notice | None) -> None:
    posted = request.POST
    try:
        company = fields.company(posted.get("company", ""), Vocabulary(request.actor), None)
    except fields.Unreadable as error:
        raise Wrong({"company": [str(error)]}) from error
    words = (word.strip() for word in posted.get("categories", "").split(","))
    values = {
        "company_id": company,
        "title": posted.get("title", "").strip(),
        "text": posted.get("text", "").replace("\r\n", "\n"),
        "notification_categories": list(dict.fromkeys(word[:60] for word in words if word))[:20],
    }
    if row is None:
        writing.add(values, by=request.actor)
    else:
        writing.change(row, values, by=request.actor)
