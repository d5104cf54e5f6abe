"""From a mail to commands: a new ticket, an answer, a reopening, or a note that a machine wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from polydesk.directory import actors
from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.features import slashes
from polydesk.features.mailboxes import messages
from polydesk.features.mailboxes.models import Message
from polydesk.tickets import access, commands
from polydesk.tickets.commands import NewFile
from polydesk.tickets.commands.entries import LONGEST_TEXT
from polydesk.tickets.models import Ticket
from polydesk.tickets.rules import lifecycle
from polydesk.web import files
from polydesk.web.files import Stored

from . import senders
from .mail import File, Mail, Reason
from .matching import Match

VIA = "email"
LONGEST_TITLE = 255
Done = tuple[Ticket, int | None]
"""The ticket, and the entry; None for the opening message."""


def store(content: bytes) -> Stored:
    """The bytes as a file."""
    return files.store([content])


def keep_files(mail: Mail, text: str, *, store: Callable[[bytes], Stored] = store) -> list[NewFile]:
    """The bytes of its files are stored, outside any transaction; a text that is too long comes along whole."""
    found = list(mail.files)
    if len(text) > LONGEST_TEXT:
        found.append(File("message.txt", "text/plain", text.encode()))
    return [_kept(file, store(file.content)) for file in found if file.content]


def _kept(file: File, stored: Stored) -> NewFile:
    extra = {"content_id": file.content_id} if file.content_id else {}
    return NewFile(
        files.safe_name(file.name), stored.size, stored.sha256, stored.kind, extra={"email": extra} if extra else {}
    )


def text_of(mail: Mail, *, is_answer: bool) -> str:
    """What its sender wrote; of an answer without what it quotes."""
    return (mail.reply if is_answer else mail.text) or mail.text


def open_ticket(message: Message, mail: Mail, person: Person, actor: Actor, kept: list[NewFile]) -> Done:
    """A new ticket of the mailbox's kind, asked for by the sender."""
    box, text = message.mailbox, text_of(mail, is_answer=False)
    lines = (line.strip() for line in text.splitlines())
    values: dict[str, Any] = {
        "title": (mail.subject or next((line for line in lines if line), "") or _("(no subject)"))[:LONGEST_TITLE],
        "description": _fitting(text),
        "description_format": "plain",
        "requester": person.pk,
        "company": person.company_id,
        "channel": "email",
    }
    if box.category_id:
        values["category"] = box.category_id
    if box.team_id:
        values["assigned_teams"] = [box.team_id]
    customer = senders.as_customer(actor, box.kind)
    return commands.create(box.kind, values, by=customer, via=VIA, files=kept), None


def answer(message: Message, mail: Mail, found: Match, kept: list[NewFile]) -> Done:
    """The sender's entry on the ticket. A customer brings a closed ticket back; a final one goes on in a new ticket."""
    ticket, person, actor = found.ticket, found.person, found.actor
    assert ticket is not None and person is not None and actor is not None
    text = _fitting(text_of(mail, is_answer=True))
    if actor.side == "customer" and lifecycle.is_done(ticket):
        if ticket.final:
            opened = open_ticket(message, mail, person, actor, kept)
            commands.link(opened[0].pk, ticket.pk, "related", by=actors.system(actor.organization_id), via=VIA)
            return opened
        outcome = commands.reopen(ticket.pk, by=actor, via=VIA, text=text, format="plain", files=kept)
        return outcome.ticket, outcome.comment.pk if outcome.comment else None
    plan = _plan(found, text)
    values = {"items": [*ticket.items, *map(list, plan.items)]} if plan.items else {}
    outcome = commands.add_comment(
        ticket.pk,
        plan.text,
        by=actor,
        via=VIA,
        format="plain",
        files=kept,
        seconds=plan.seconds,
        values=values,
        facts={"source": "email", "extra": {"email": {"message": message.pk, "verified": found.is_verified}}},
        also=(lifecycle.customers_word_reopens_solved,),
        may_be_empty=plan.has_commands,
    )
    slashes.relate(ticket, plan.relations, by=actor, via=VIA)
    return outcome.ticket, outcome.comment.pk


def note(message: Message, mail: Mail, ticket: Ticket, why: Reason, kept: list[NewFile]) -> Done:
    """What a machine answered, for staff alone: it opens nothing again and tells no customer."""
    said = _("An automatic mail of %(sender)s (%(why)s):") % {
        "sender": mail.sender or "<>",
        "why": messages.in_words(why.sentence, why.values),
    }
    return _by_the_desk(message, ticket, f"{said}\n\n{mail.subject}\n\n{mail.reply or mail.text}", kept)


def tell_near(message: Message, opened: Ticket, near: Ticket, *, is_over: bool) -> None:
    """Staff learn which ticket the mail wanted to answer (RS-070)."""
    if is_over:
        said = _("This mail answers #%(number)s, but the mail of ours that it answers is too old to join by.")
    else:
        said = _("This mail answers #%(number)s, but its sender takes no part there.")
    _by_the_desk(message, opened, said % {"number": near.pk}, [])


def _by_the_desk(message: Message, ticket: Ticket, text: str, kept: list[NewFile]) -> Done:
    outcome = commands.add_comment(
        ticket.pk,
        _fitting(text),
        by=actors.system(ticket.organization_id),
        via=VIA,
        internal=True,
        format="plain",
        files=kept,
        facts={"source": "email", "extra": {"email": {"message": message.pk}}},
    )
    return outcome.ticket, outcome.comment.pk


def _plan(found: Match, text: str) -> slashes.Plan:
    """The commands in a text of staff whose address is proved; everybody else's text is literal (RC-183, RS-071)."""
    ticket, actor = found.ticket, found.actor
    assert ticket is not None and actor is not None
    if found.is_verified and actor.is_staff and access.may(actor, "triage", kind=ticket.kind, ticket=ticket):
        return slashes.plan(text, by=actor, ticket=ticket)
    return slashes.Plan(text)


def _fitting(text: str) -> str:
    text = text.strip() or _("(The message has no text.)")
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
