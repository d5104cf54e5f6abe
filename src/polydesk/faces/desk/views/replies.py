"""Canned replies: where they are written, and where one is picked for an answer (PL-202, RS-088)."""

from __future__ import annotations

from itertools import groupby
from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from polydesk.directory.sharing import may_change
from polydesk.features.replies import finding
from polydesk.features.replies.models import LONGEST, CannedReply
from polydesk.tickets import placeholders, queries
from polydesk.tickets import prepared as writing
from polydesk.tickets.refusals import Missing
from polydesk.web import markdown

from .. import pages, prepared, sharing, ticket_page
from ..auth import agent
from ..filling import take
from ..shelves import yes
from ..shown import Input
from ..vocabulary import Vocabulary


@require_GET
@agent
def listing(request: HttpRequest) -> HttpResponse:
    """All canned replies that the reader may use, by folder."""
    vocabulary = Vocabulary(request.actor)
    rows = [
        SimpleNamespace(
            url=reverse("desk:reply", kwargs={"pk": r.pk}),
            cells=(
                r.name,
                r.folder,
                f"/{r.shortcut}" if r.shortcut else "",
                sharing.shown(r, vocabulary),
                yes(r.is_active),
            ),
        )
        for r in finding.kept(request.actor)[:1000]
    ]
    values = {
        "title": _("Canned replies"),
        "heads": (_("Name"), _("Folder"), _("Shortcut"), _("Shared with"), _("In use")),
        "rows": rows,
        "hint": _("Answers prepared in advance. While writing, type / and the shortcut, or pick one from the list."),
        "q": None,
        "older": "",
        "add": reverse("desk:reply_new"),
        "add_label": _("New canned reply"),
    }
    return prepared.page(request, "admin_rows", "replies", values)


@require_http_methods(["GET", "POST"])
@agent
def edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One canned reply, to be changed or (without a number) to be written; `remove` forgets it."""
    row = finding.kept(request.actor).filter(pk=pk).first() if pk else None
    if pk and row is None:
        raise Missing
    vocabulary, place = Vocabulary(request.actor), reverse("desk:replies")
    gone = _("The canned reply is gone.")
    outcome = take(
        request,
        row,
        lambda: _keep(request, row, vocabulary),
        back=place,
        gone=gone,
        remove=lambda: writing.remove(row, by=request.actor),
    )
    if isinstance(outcome, HttpResponse):
        return outcome
    may = row is None or may_change(request.actor, row)
    return prepared.form(
        request,
        "replies",
        row.name if row else _("New canned reply"),
        _inputs(row, request, vocabulary),
        outcome,
        back=place,
        may_change=may,
        other=("remove", _("Delete the canned reply")) if row and may else None,
    )


def _inputs(row: CannedReply | None, request: HttpRequest, vocabulary: Vocabulary) -> list[Input]:
    names = "  ".join(f"{{{{{name}}}}}" for name in placeholders.NAMES)
    return [
        Input("name", _("Name"), value=row.name if row else "", required=True, limit=100),
        Input("folder", _("Folder"), value=row.folder if row else "", limit=60),
        Input(
            "shortcut",
            _("Shortcut"),
            value=row.shortcut if row else "",
            limit=30,
            hint=_("Typed after / while writing: small letters, digits and _."),
        ),
        Input(
            "body",
            _("Text"),
            "textarea",
            row.body if row else "",
            rows=9,
            wide=True,
            required=True,
            limit=LONGEST,
            hint=_("Filled in for the ticket: %(names)s") % {"names": names},
        ),
        sharing.field(row, request.actor, vocabulary),
        Input("is_active", _("In use"), "checkbox", row.is_active if row else True),
    ]


def _keep(request: HttpRequest, row: CannedReply | None, vocabulary: Vocabulary) -> None:
    posted = request.POST
    values = {
        "name": posted.get("name", "").strip(),
        "folder": posted.get("folder", "").strip(),
        "shortcut": posted.get("shortcut", "").strip().lstrip("/").lower(),
        "body": posted.get("body", "").replace("\r\n", "\n"),
        "is_active": posted.get("is_active") == "on",
    }
    sharing.keep(request, row, CannedReply, values, vocabulary)


@require_GET
@agent
def pick(request: HttpRequest, number: int) -> HttpResponse:
    """The canned replies to choose from for this ticket; each link opens the ticket with the text in its composer."""
    ticket = ticket_page.load(request.actor, number)
    url = reverse("desk:ticket", kwargs={"number": ticket.pk})
    found = list(finding.visible(request.actor)[:500])
    folders = [
        (folder, [SimpleNamespace(row=r, url=f"{url}?reply={r.pk}", text=f"{url}/replies/{r.pk}") for r in rows])
        for folder, rows in groupby(found, key=lambda r: r.folder)
    ]
    values = {"title": _("Canned replies"), "folders": folders, "cancel": url}
    return pages.dialog(request, "pick_reply", values)


@require_GET
@agent
def filled(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """One canned reply for this ticket: as it is put into the composer, and as it will be read."""
    ticket = queries.get(request.actor, number)
    row = finding.visible(request.actor).filter(pk=pk).first()
    if row is None:
        raise Missing
    text = row.filled(ticket, request.actor)
    return JsonResponse({"text": text, "html": str(markdown.render(text))})
