"""Sending one mail: from a job, outside any transaction, at least once, with what its reader may see by then
(RS-003, RS-040, RS-041, RS-042)."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

from polydesk import jobs
from polydesk.jobs.running import Running
from polydesk.tickets.edits import note_customer_told, now
from polydesk.tickets.models import Comment

from . import audience, letters
from .addresses import is_address
from .house import house
from .models import Notification

log = logging.getLogger("polydesk.notifications")


@jobs.job("notification.mail", slots=2, atomic=False)
def mail(job: Running) -> None:
    """One try. The Message-ID stays the same over all tries."""
    found = Notification.objects.select_related("person__organization", "ticket__organization")
    row = found.filter(pk=job.args["notification"], mail=Notification.WAITING).first()
    if row is None:
        return
    letter = _letter(row)
    if letter is None:
        _settle(job, row, Notification.WITHHELD)
        return
    try:
        deliver(letter)
    except (OSError, smtplib.SMTPException) as error:
        _fail(job, row, error)
    else:
        _settle(job, row, Notification.SENT)


def _letter(row: Notification) -> EmailMessage | None:
    """None when the reader may not know of it any more, or has no address by now."""
    person, ticket = row.person, row.ticket
    actor = house().actors([person], row.organization_id).get(person.pk)
    entry = Comment.objects.filter(pk=row.comment_id).first() if row.comment_id else None
    if actor is None or not house().sends_mail() or not is_address(person.email):
        return None
    if row.comment_id and entry is None:
        return None
    if not audience.may_know(actor, row.what, ticket, True, entry):
        return None
    return letters.write(row, actor, entry)


def _settle(job: Running, row: Notification, state: str) -> None:
    moment = now()
    with job.finishing():
        Notification.objects.filter(pk=row.pk).update(mail=state, mailed_at=moment)
        if state == Notification.SENT and row.person_id == row.ticket.requester_id:
            note_customer_told(row.ticket_id, moment)


def _fail(job: Running, row: Notification, error: Exception) -> None:
    """Try again later; an address that the server refuses for good is not asked twice."""
    reason = f"The mail was not taken: {type(error).__name__}."
    if job.is_last_try or _is_for_good(error):
        Notification.objects.filter(pk=row.pk).update(mail=Notification.FAILED)
        log.warning("mail of notification %s given up: %s", row.pk, type(error).__name__)
        raise jobs.GiveUp(reason) from error
    raise jobs.Retry(reason) from error


def _is_for_good(error: Exception) -> bool:
    refused = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else ()
    return bool(refused) and all(code >= 500 for code, _ in refused)


class Bounceless(smtp.EmailBackend):
    """Django's SMTP with an empty envelope sender, so that no bounce is answered by a machine (RS-067).

    A server that takes no mail without a sender gets the desk's."""

    def _send(self, email_message: EmailMessage) -> bool:
        charset = email_message.encoding or settings.DEFAULT_CHARSET
        recipients = [sanitize_address(address, charset) for address in email_message.recipients()]
        content = email_message.message().as_bytes(linesep="\r\n")
        try:
            self.connection.sendmail("", recipients, content)
        except smtplib.SMTPSenderRefused:
            self.connection.sendmail(sanitize_address(email_message.from_email, charset), recipients, content)
        return True


def deliver(letter: EmailMessage) -> None:
    """Through the mail backend of the settings; Django's own SMTP is asked to send no envelope sender."""
    standard = settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    letter.connection = Bounceless() if standard else get_connection()
    letter.from_email = house().sender()
    letter.send()
