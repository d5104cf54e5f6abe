"""Telling whoever opened a ticket by mail its number: rarely, and in no words but our own (RS-067, RS-068, RS-069)."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from email.utils import formataddr, parseaddr

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from polydesk import jobs
from polydesk.features.mailboxes.models import Message
from polydesk.features.notifications import sending, threads
from polydesk.features.notifications.addresses import header, is_address
from polydesk.features.notifications.house import house
from polydesk.jobs.running import Running
from polydesk.tickets.edits import now

from .handling import CONFIRM

log = logging.getLogger("polydesk.mail")

MOST_IN_AN_HOUR = 10
"""Automatic answers to one address over all tickets and organizations (RS-068)."""


@jobs.job(CONFIRM, slots=2, atomic=False)
def confirm(job: Running) -> None:
    """One try. Jobs for one address run one after the other, so that the brake counts right."""
    found = Message.objects.select_related("mailbox__organization", "person", "ticket")
    message = found.filter(pk=job.args["message"], answered_at=None).first()
    if message is None or message.ticket is None or message.person is None or not is_address(message.sender):
        return
    since = now() - dt.timedelta(hours=1)
    answered = Message.objects.filter(sender=message.sender, answered_at__gt=since)
    if answered.count() >= MOST_IN_AN_HOUR or answered.filter(ticket=message.ticket).exists():
        log.warning("message %s is not confirmed: its sender got enough automatic answers", message.pk)
        return
    if not house().sends_mail():
        return
    try:
        sending.deliver(_letter(message))
    except (OSError, smtplib.SMTPException) as error:
        raise jobs.Retry(f"The mail was not taken: {type(error).__name__}.") from error
    with job.finishing():
        Message.objects.filter(pk=message.pk).update(answered_at=now())


def _letter(message: Message) -> EmailMessage:
    """Our template, the house's name and the number: nothing that the sender chose (RS-069)."""
    organization, ticket, person = message.mailbox.organization, message.ticket, message.person
    assert ticket is not None and person is not None
    with translation.override(person.language or organization.language):
        name = header(organization.name)
        facts = {"house": name, "number": ticket.pk}
        return EmailMessage(
            subject=header(_("[%(house)s #%(number)s] We have your message") % facts),
            body=_(
                "We have received your message. Its number is #%(number)s.\n\n"
                "Answer to this mail when you want to add something.\n\n-- \n%(house)s"
            )
            % facts
            + "\n",
            to=[message.sender],
            headers={
                "From": formataddr((name, parseaddr(house().sender())[1])),
                "Message-ID": threads.identifier("c", message.pk, ticket.pk, person.pk, message.received_at),
                **threads.placed(ticket.pk, message.message_id),
                "Reply-To": threads.reply_to(organization.pk, ticket.pk, person.pk) or message.mailbox.address,
                "Auto-Submitted": "auto-replied",
                "X-Auto-Response-Suppress": "All",
            },
        )
