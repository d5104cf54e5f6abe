"""What was said on a request, as its reader may know it: public messages with their files, oldest first (PL-251)."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from polydesk.directory.actors import Actor
from polydesk.tickets import commands, queries
from polydesk.tickets.models import Attachment, Ticket
from polydesk.web import markdown

SPOKEN = ("opening", "comment", "solution", "notification", "automation")


@dataclass(slots=True)
class Message:
    """One public message."""

    number: int
    author: str
    side: str
    mine: bool
    at: object
    html: Markup
    files: list[Attachment] = field(default_factory=list)


def of(actor: Actor, ticket: Ticket) -> tuple[list[Message], list[Attachment]]:
    """The messages, and the files that stand on none of them. Two statements."""
    said = queries.comments(actor, ticket).filter(internal=False, type__in=SPOKEN).select_related("author")
    messages = {
        entry.pk: Message(
            entry.pk,
            entry.author.name if entry.author else "",
            entry.side,
            entry.author_id == actor.person_id,
            entry.sent_at,
            _html(queries.text_of(entry, ticket), queries.format_of(entry, ticket), f"entry-{entry.pk}"),
        )
        for entry in said
    }
    loose = []
    for file in queries.attachments(actor, ticket).filter(internal=False):
        if file.comment_id in messages:
            messages[file.comment_id].files.append(file)
        else:
            loose.append(file)
    _read(actor, ticket, list(messages))
    return list(messages.values()), loose


def text_of(ticket: Ticket) -> Markup:
    """The description, for a request that has no opening message."""
    return _html(ticket.description, ticket.description_format, "description")


def _read(actor: Actor, ticket: Ticket, shown: list[int]) -> None:
    """Only the requester's own reading counts as the customer's (RC-092)."""
    if ticket.requester_id == actor.person_id and shown:
        commands.mark_read(ticket, by=actor, comments=shown)


def _html(text: str, format: str, anchors: str) -> Markup:
    return Markup(markdown.render(text, "plain" if format == "plain" else "markdown", anchors=anchors))
