"""What a mail would become: found by the very code that takes mail in, in a transaction that is taken back.

Nothing is outside of it: the bytes of files are only measured, jobs are rows, and mails are jobs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from polydesk.directory.models import Person
from polydesk.features.mailboxes import copied, messages, taking
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs.models import Job
from polydesk.tickets.commands import NewFile
from polydesk.tickets.models import Comment, Ticket
from polydesk.tickets.queries import text_of
from polydesk.web import files

from . import child, handling, writing
from .mail import Mail


@dataclass
class Outcome:
    """`number` is of a ticket that is there already; a new one has none. `verdict` is one of Message.STATES."""

    mail: Mail | None
    verdict: str
    why: str = ""
    number: int | None = None
    kind: str = ""
    title: str = ""
    text: str = ""
    requester: str = ""
    internal: bool = False
    joining: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    is_confirmed: bool = False


def rehearse(box: Mailbox, raw: bytes) -> Outcome:
    """Never inside a transaction: the reading may take seconds, and holds no lock."""
    if len(raw) > taking.LARGEST:
        return Outcome(None, Message.HELD, taking.TOO_LARGE)
    try:
        mail = child.read_apart(raw)
    except child.Unreadable as error:
        return Outcome(None, Message.HELD, error.reason)
    with transaction.atomic():
        found = _taken(box, raw, mail)
        transaction.set_rollback(True)
    return found


def _taken(box: Mailbox, raw: bytes, mail: Mail) -> Outcome:
    newest = Ticket.objects.aggregate(newest=Max("pk"))["newest"] or 0
    message = Message.objects.create(
        mailbox=box, organization_id=box.organization_id, message_id=hashlib.sha256(raw).hexdigest(), digest="rehearsal"
    )
    handling.take(_Nobody(), message, lambda: mail, keep=_measured)
    found = Outcome(mail, message.state, messages.in_words(message.reason, message.reason_values))
    found.left_out = message.copies.get("left_out", [])
    answers = Job.objects.waiting().filter(kind=handling.CONFIRM, args__message=message.pk)
    found.is_confirmed = answers.exists()
    if message.ticket_id is not None:
        _describe(found, message, Ticket.objects.get(pk=message.ticket_id), newest)
    return found


def _describe(found: Outcome, message: Message, ticket: Ticket, newest: int) -> None:
    found.number = ticket.pk if ticket.pk <= newest else None
    found.kind, found.title = ticket.kind, ticket.title
    found.requester = ticket.requester.name if ticket.requester else ""
    entry = Comment.objects.filter(pk=message.comment_id).first() if message.comment_id else None
    found.text = text_of(entry, ticket) if entry else ticket.description
    found.internal = bool(entry and entry.internal)
    people = Person.objects.filter(pk__in=ticket.watchers).exclude(pk=ticket.requester_id)
    found.joining = list(people.order_by("pk").values_list("name", flat=True))
    found.waiting = [copy.address for copy in copied.waiting(ticket)]


class _Nobody:
    """No job: its last try, and each step a savepoint of ours."""

    tries = handling.TRIES

    @contextmanager
    def finishing(self) -> Iterator[None]:
        with transaction.atomic():
            yield


def _measured(mail: Mail, text: str) -> list[NewFile]:
    """As `writing.keep_files`, without keeping."""
    return writing.keep_files(mail, text, store=_digest)


def _digest(content: bytes) -> files.Stored:
    return files.Stored(hashlib.sha256(content).hexdigest(), len(content), "application/octet-stream")
