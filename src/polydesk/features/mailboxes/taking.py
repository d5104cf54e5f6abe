"""Keeping a message before anybody reads it: once, however often it is delivered (RS-026, RS-065)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

from django.db import IntegrityError, transaction

from polydesk import jobs
from polydesk.tickets.edits import now
from polydesk.web import files
from polydesk.web.files import Stored
from polydesk.web.sentences import say

from .models import Mailbox, Message

LARGEST = 25 * 1024 * 1024
"""Bytes of a message (RS-075). Of a larger one its headers alone are kept, in quarantine."""
KEPT = dt.timedelta(days=90)
"""The bytes of what was taken or set aside; the row stays, so that its Message-ID is known for ever."""
READ = "email.read"
"""The job that reads a message; the channel handles it."""
TOO_LARGE = say("The message is too large: only its headers are kept.")
OTHER_CONTENT = say("A message with this Message-ID came before, with other content.")

_HEADERS = 256 * 1024
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)*<?([^<>\r\n]{1,1000})>?", re.IGNORECASE | re.MULTILINE)
_BLANK = re.compile(r"\s+")


def store(raw: bytes) -> Stored:
    """The bytes as a file. Apart from `take`, as the place of the files may be a network away (RS-003)."""
    return files.store([raw[:LARGEST]])


def take(mailbox: Mailbox, raw: bytes, *, is_cut: bool = False, stored: Stored | None = None) -> tuple[Message, bool]:
    """The row of this message and whether it is new; a new one waits for its job in the same transaction.

    `is_cut`: only the headers of a message that is too large. `stored`: who is inside a transaction has stored the
    bytes before it. The caller tells the sender's side that we have it only after this returned and its own
    transaction, if any, was committed."""
    is_cut = is_cut or len(raw) > LARGEST
    stored = stored or store(raw)
    end = _END_OF_HEADERS.search(raw)
    headers, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    identity = {
        "mailbox": mailbox,
        "message_id": message_id(headers) or hashlib.sha256(raw).hexdigest(),
        "digest": hashlib.sha256(body).hexdigest(),
    }
    if known := Message.objects.filter(**identity).first():
        return known, False
    held = TOO_LARGE if is_cut else ""
    if not held and Message.objects.filter(mailbox=mailbox, message_id=identity["message_id"]).exists():
        held = OTHER_CONTENT
    message = Message(
        **identity,
        organization_id=mailbox.organization_id,
        sha256=stored.sha256,
        size=stored.size,
        received_at=now(),
        state=Message.HELD if held else Message.WAITING,
        reason=held,
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            if not held:
                ask_for_reading(message)
    except IntegrityError:  # another process was quicker
        return Message.objects.get(**identity), False
    return message, True


def ask_for_reading(message: Message) -> None:
    """In the order in which they came: an answer is read after what it answers."""
    jobs.later(READ, {"message": message.pk}, lane=f"mailbox:{message.mailbox_id}")


def message_id(headers: bytes) -> str:
    """The Message-ID among raw headers without angle brackets; empty when there is none."""
    found = _MESSAGE_ID.search(headers[:_HEADERS])
    text = found[1].decode("ascii", "replace") if found else ""
    return _BLANK.sub("", text).replace("\0", "")[:255]


def named(digests: list[str]) -> set[str]:
    """Which of these files hold a message."""
    return set(Message.objects.filter(sha256__in=digests).values_list("sha256", flat=True))


@jobs.tick(every=dt.timedelta(hours=1), name="mailboxes.forget", offset=dt.timedelta(minutes=29))
def forget(due: dt.datetime) -> int:
    """The bytes of settled messages go after `KEPT`; how many."""
    old = Message.objects.filter(received_at__lt=due - KEPT).exclude(sha256="")
    return old.exclude(state__in=(Message.WAITING, Message.HELD)).update(sha256="")
