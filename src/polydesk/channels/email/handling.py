"""Reading what came in: from a kept message to what it becomes, in one transaction with the mark that it is done."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from django.db import InterfaceError, OperationalError
from django.utils import translation

from polydesk import jobs
from polydesk.directory.models import Person
from polydesk.features.mailboxes import messages, taking
from polydesk.features.mailboxes.models import Message
from polydesk.features.notifications.addresses import is_address
from polydesk.features.notifications.house import house
from polydesk.jobs.models import Job
from polydesk.jobs.registry import SCHEDULE
from polydesk.jobs.running import Running
from polydesk.tickets.commands import NewFile
from polydesk.tickets.edits import now
from polydesk.tickets.refusals import Denied, Missing, Refused
from polydesk.web.failpoints import failpoint
from polydesk.web.sentences import say

from . import child, copies, judging, matching, senders, writing
from .mail import Mail, Reason

log = logging.getLogger("polydesk.mail")

Keep = Callable[[Mail, str], list[NewFile]]
CONFIRM = "email.confirm"
TRIES = 3
"""A message that fails so often is held, and the next one is read (RS-076)."""
SWITCHED_OFF = say("The sender may not act here any more.")
UNREADABLE = say("It could not be read.")
FAULT = say("It could not be read (%(fault)s).")


@jobs.job(taking.READ, schedule=(2, 8, *SCHEDULE[1:]), atomic=False)
def read(job: Running) -> None:
    """One message. Whatever its bytes, it becomes something, is set aside, or is held with the reason; only a database
    that is away is waited for."""
    found = Message.objects.select_related("mailbox__organization")
    message = found.filter(pk=job.args["message"], state=Message.WAITING).first()
    if message is not None:
        take(job, message, lambda: child.read_apart(messages.raw(message)))


class Work(Protocol):
    """What is asked of the job: how often it was tried, and one transaction for all that comes of it."""

    tries: int

    def finishing(self) -> AbstractContextManager[None]: ...


def take(job: Work, message: Message, read: Callable[[], Mail], keep: Keep = writing.keep_files) -> None:
    """Read a waiting message and decide about it. `keep` stores the bytes of its files."""
    try:
        mail = read()
        with translation.override(message.mailbox.organization.language):
            _decide(job, message, mail, keep)
    except child.Unreadable as error:
        _hold(job, message, error.reason)
    except Missing:
        _hold(job, message, Reason(UNREADABLE))
    except Denied as refusal:
        _hold(job, message, Reason(refusal.reason))
    except Refused as refusal:
        _hold(job, message, Reason(str(refusal)))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if job.tries < TRIES:
            raise
        log.exception("message %s is held after %s tries", message.pk, job.tries)
        _hold(job, message, Reason(FAULT, fault=type(error).__name__))


def _decide(job: Work, message: Message, mail: Mail, keep: Keep) -> None:
    message.sender, message.subject = mail.sender[:254], mail.subject[:255]
    own = judging.own_addresses()
    why = judging.NONE if message.let_in else judging.machine(mail, own)
    sort = judging.sort(mail, own) if why else ""
    about = matching.ticket_of(message.mailbox, mail) if why and sort != "own" else None
    if about is not None:
        kept = keep(mail, "")
        with job.finishing():
            _settle(message, writing.note(message, mail, about, why, kept), why)
    elif sort in ("bounce", "reply", "own"):
        _put(job, message, Message.ASIDE, why)
    elif not mail.sender and message.person is None:
        _put(job, message, Message.HELD, Reason(messages.NO_SENDER))
    else:
        _take_in(job, message, mail, why, keep)


def _take_in(job: Work, message: Message, mail: Mail, why: Reason, keep: Keep) -> None:
    """An answer where it belongs, else a new ticket; of whom it names no sender, for whom somebody said."""
    found = matching.match(message.mailbox, mail)
    is_answer = found.ticket is not None
    kept = keep(mail, writing.text_of(mail, is_answer=is_answer))
    with job.finishing():
        if is_answer:
            message.person, message.is_verified = found.person, found.is_verified
            done = writing.answer(message, mail, found, kept)
            copies.keep(message, mail, done[0], by_staff=found.is_verified and found.is_staff)
            _settle(message, done, why)
            return
        person = _sender(message, mail)
        actor = senders.actor(person, message.organization_id)
        if actor is None:
            raise Denied(SWITCHED_OFF)
        message.person = person
        done = writing.open_ticket(message, mail, person, actor, kept)
        if found.near is not None:
            writing.tell_near(message, done[0], found.near, is_over=found.is_over)
        copies.keep(message, mail, done[0])
        _settle(message, done, why)
        if not why and message.mailbox.confirms and house().sends_mail() and is_address(mail.sender):
            jobs.later(CONFIRM, {"message": message.pk}, lane=f"confirm:{mail.sender}"[:100])


def _sender(message: Message, mail: Mail) -> Person:
    if not mail.sender:
        assert message.person is not None
        return message.person
    known = senders.known(message.organization_id, mail.sender)
    return known[0] if known else senders.new(message.mailbox.organization, mail)


def _settle(message: Message, done: writing.Done, why: Reason) -> None:
    failpoint("mail.written")
    _decided(message, Message.TAKEN, why)
    message.ticket, message.comment_id = done
    message.save()


def _decided(message: Message, state: str, reason: Reason) -> None:
    message.state, message.settled_at = state, now()
    message.reason, message.reason_values = reason.sentence[:300], reason.values


def _put(job: Work, message: Message, state: str, reason: Reason) -> None:
    _decided(message, state, reason)
    with job.finishing():
        message.save()


def _hold(job: Work, message: Message, reason: Reason) -> None:
    message.ticket = message.person = None
    _put(job, message, Message.HELD, reason)


@jobs.tick(every=dt.timedelta(minutes=10), name="email.hold_lost", offset=dt.timedelta(minutes=6))
def hold_lost(due: dt.datetime) -> int:
    """A message whose reading was given up, because its worker died at every try, is held; how many."""
    dead = Job.objects.dead().filter(kind=taking.READ).values_list("args", flat=True)
    lost = [args["message"] for args in dead]
    waiting = Message.objects.filter(pk__in=lost, state=Message.WAITING)
    return waiting.update(state=Message.HELD, reason=UNREADABLE, settled_at=now())
