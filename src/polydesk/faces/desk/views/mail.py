"""A message as it came: its bytes as a download, also of an entry of a ticket (RS-026)."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_GET

from polydesk.features.mailboxes import messages as mail
from polydesk.features.mailboxes.models import Message
from polydesk.tickets import queries
from polydesk.tickets.refusals import Missing
from polydesk.web import files

from ..auth import agent


@require_GET
@agent
def of_entry(request: HttpRequest, number: int, comment: int | None = None) -> FileResponse:
    """The mail that an entry of the ticket came by (None: the opening one), for staff who read internal notes."""
    ticket = queries.get(request.actor, number)
    if comment is not None and not queries.comments(request.actor, ticket).filter(pk=comment).exists():
        raise Missing
    message = mail.of_entry(request.actor, ticket, comment)
    if message is None:
        raise Missing
    return download(request, message)


def download(request: HttpRequest, message: Message) -> FileResponse:
    """Byte for byte, for a program of mail: nothing of it shows in place (RS-101)."""
    try:
        response = files.download_response(
            message.sha256,
            f"message-{message.pk}.eml",
            inline=False,
            even_held=request.actor.is_admin,  # type: ignore[attr-defined]
        )
    except (OSError, ValueError):
        raise Missing from None
    response["Content-Type"] = "message/rfc822"
    return response
