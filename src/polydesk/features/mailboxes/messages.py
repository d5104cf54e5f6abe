"""What came in, what became of it, and what administrators do with what did not become anything (RS-076)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from polydesk.directory import audit
from polydesk.directory.actors import Actor
from polydesk.directory.models import Person
from polydesk.tickets import queries
from polydesk.tickets.edits import now
from polydesk.tickets.models import Comment, Ticket
from polydesk.tickets.refusals import Denied, Missing, refuse
from polydesk.web import files
from polydesk.web.sentences import say

from .models import Message
from .taking import ask_for_reading


def listed(by: Actor, state: str = "") -> QuerySet[Message]:
    """All of the organization, newest first; `state` narrows. For administrators."""
    if not by.is_admin:
        raise Denied(say("Mailboxes are kept by administrators."))
    found = Message.objects.filter(organization_id=by.organization_id).select_related("mailbox").order_by("-id")
    return found.filter(state=state) if state else found


def held(by: Actor) -> int:
    """How many are in quarantine."""
    return listed(by, Message.HELD).count()


def get(message_id: int, *, by: Actor) -> Message:
    """One of `listed`, or Missing."""
    found = listed(by).filter(pk=message_id).first() if 0 < message_id < 2**63 else None
    if found is None:
        raise Missing
    return found


def of_entry(by: Actor, ticket: Ticket, comment_id: int | None) -> Message | None:
    """The message that an entry came by (None: the opening message), for staff who read internal notes there."""
    if not queries.can_see(by, ticket) or not queries.reads_internal(by, ticket):
        return None
    found = Message.objects.filter(comment_id=comment_id, organization_id=by.organization_id).exclude(sha256="")
    if comment_id is None:
        found = found.filter(ticket=ticket)
    elif not Comment.objects.filter(pk=comment_id, ticket=ticket).exists():  # a merge takes entries along
        return None
    return found.order_by("id").first()


def raw(message: Message) -> bytes:
    """The message as it came, byte for byte; Missing once it was forgotten."""
    try:
        with files.open_stored(message.sha256) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise Missing from error


NO_SENDER = say("The message names no sender.")


def in_words(sentence: str, values: Mapping[str, Any]) -> str:
    """A reason in the language that is active; what is in no catalogue stays as it is."""
    said = gettext(sentence) if sentence else ""
    try:
        return said % values if values else said
    except (KeyError, TypeError, ValueError):  # a translation that asks for more than was kept
        return sentence


def needs_requester(message: Message) -> bool:
    """Does nothing become of it unless somebody says for whom it is?"""
    return message.reason == NO_SENDER


def let_in(message: Message, *, by: Actor, requester: Person | None = None) -> Message:
    """Read it again; what held it before does not hold it any more. For what is held or was set aside. One without a
    sender becomes a ticket of the `requester`."""
    row = _undecided(message, by)
    if not row.sha256:
        raise refuse("forgotten", "state", say("Its bytes were forgotten."))
    if needs_requester(row) and requester is None:
        raise refuse("required", "requester", say("It names no sender: say for whom it is."))
    if requester is not None and requester.organization_id != by.organization_id:
        raise Missing
    row.state, row.reason, row.reason_values, row.let_in, row.settled_at = Message.WAITING, "", {}, True, None
    row.person = requester
    with transaction.atomic():
        row.save(update_fields=["state", "reason", "reason_values", "let_in", "settled_at", "person"])
        ask_for_reading(row)
        _tell("mail.let_in", row, by)
    return row


def drop(message: Message, *, by: Actor) -> Message:
    """It becomes nothing; its bytes are forgotten in time."""
    row = _undecided(message, by)
    row.state, row.settled_at = Message.DROPPED, now()
    with transaction.atomic():
        row.save(update_fields=["state", "settled_at"])
        _tell("mail.dropped", row, by)
    return row


def bring_back(message: Message, *, by: Actor) -> Message:
    """What was dropped waits in quarantine again, as long as its bytes are there."""
    row = get(message.pk, by=by)
    if row.state != Message.DROPPED:
        raise refuse("settled", "state", say("It is not dropped."))
    if not row.sha256:
        raise refuse("forgotten", "state", say("Its bytes were forgotten."))
    row.state, row.settled_at = Message.HELD, None
    with transaction.atomic():
        row.save(update_fields=["state", "settled_at"])
        _tell("mail.brought_back", row, by)
    return row


def _undecided(message: Message, by: Actor) -> Message:
    row = get(message.pk, by=by)
    if row.state not in (Message.HELD, Message.ASIDE):
        raise refuse("settled", "state", say("It is settled already."))
    return row


def _tell(verb: str, row: Message, by: Actor) -> None:
    here = {"organization_id": row.organization_id, "actor_id": by.person_id}
    audit.record(verb, subject=row.mailbox.address, message=row.pk, **here)
