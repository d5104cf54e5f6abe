"""One request as a conversation, and its files."""

from __future__ import annotations

import re
import uuid as uuids
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from polydesk.tickets import queries
from polydesk.tickets.models import Attachment, Ticket
from polydesk.tickets.refusals import Missing
from polydesk.tickets.rules import lifecycle
from polydesk.web import files

from .. import categories, conversation, fields, finding, pages, words
from ..auth import asker


@require_safe
@asker
def show(request: HttpRequest, number: int) -> HttpResponse:
    ticket = finding.request(request.actor, number)  # type: ignore[attr-defined]
    if ticket.pk != number:
        return HttpResponseRedirect(reverse("portal:request", kwargs={"number": ticket.pk}))
    return render(request, ticket)


def render(
    request: HttpRequest, ticket: Ticket, *, typed: str = "", errors: Any = (), status: int = 200
) -> HttpResponse:
    """The page of a request, with what was typed when it could not be taken."""
    messages, loose = conversation.of(request.actor, ticket)  # type: ignore[attr-defined]
    done = lifecycle.is_done(ticket)
    values = {
        "ticket": ticket,
        "state": words.state(ticket),
        "category": categories.name(ticket.category) if ticket.category else "",
        "told": fields.told(ticket, ticket.category),
        "said": messages,
        "description": "" if messages else conversation.text_of(ticket),
        "loose": loose,
        "is_done": done,
        "may_reopen": not ticket.final and (done or ticket.phase == "solved"),
        "becomes_new": ticket.final and done,
        "may_rate": done and not ticket.rating,
        "typed": typed,
        "errors": errors,
    }
    return pages.page(request, "request", values, status=status)


@require_safe
@asker
def download(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """A public file of a request that the reader sees (RS-101, PL-251)."""
    actor = request.actor  # type: ignore[attr-defined]
    row = Attachment.objects.filter(uuid=uuid, organization_id=actor.organization_id, deleted_at__isnull=True).first()
    if row is None or row.ticket_id is None or not re.fullmatch(r"[0-9a-f]{64}", row.sha256):
        raise Missing
    ticket = queries.get(actor, row.ticket_id)
    if not queries.attachments(actor, ticket).filter(pk=row.pk, internal=False).exists():
        raise Missing
    try:
        return files.download_response(row.sha256, row.name, row.content_type)  # type: ignore[return-value]
    except FileNotFoundError:
        raise Missing from None
