"""One notification as a mail: text, a simple HTML twin, and headers by which mails thread, filters sort and no machine
answers (RS-027, RS-067, RS-074)."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import formataddr, parseaddr

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polydesk.directory.actors import Actor
from polydesk.directory.models import Organization, Person
from polydesk.tickets import kinds, queries
from polydesk.tickets.edits import now, seen_status
from polydesk.tickets.models import Comment, Ticket
from polydesk.tickets.rules import lifecycle
from polydesk.web import markdown, placeholders

from . import threads, wording
from .addresses import header
from .house import house
from .models import Notification

_QUOTE = "margin:0;padding:0 0 0 12px;border-left:3px solid"
_EMPTY_LINES = re.compile(r"\n{3,}")
_EMPTY_HTML = re.compile(r"(<br>\s*){3,}")


def write(row: Notification, actor: Actor, entry: Comment | None) -> EmailMultiAlternatives:
    """The mail in the words of its reader, who sees the ticket and the entry."""
    person, ticket = row.person, row.ticket
    with translation.override(person.language or ticket.organization.language), timezone.override(person.zone):
        subject, body = wording.of(row.organization_id, row.what)
        values = _values(row, actor, entry)
        text, html = _text(body, values), _html(body, values, entry, ticket)
        mail = EmailMultiAlternatives(
            subject=header(placeholders.fill(subject, values, in_lines=True)),
            body=text,
            to=[person.email],
            headers=_headers(row, ticket.organization),
        )
        mail.attach_alternative(html, "text/html")
        return mail


def _headers(row: Notification, organization: Organization) -> dict[str, str]:
    name, address = parseaddr(house().sender())
    headers = {
        "From": formataddr((header(organization.name) or name, address)),
        "Message-ID": threads.identifier("n", row.pk, row.ticket_id, row.person_id, row.created_at),
        **threads.placed(row.ticket_id, *threads.before(row.ticket_id, row.person_id)),
        "List-Id": f"<{organization.key}.{threads.domain()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    reply_to = threads.reply_to(row.organization_id, row.ticket_id, row.person_id) or organization.email
    if reply_to and header(reply_to) == reply_to != address:
        headers["Reply-To"] = reply_to
    return headers


def _values(row: Notification, actor: Actor, entry: Comment | None) -> dict[str, str]:
    ticket = row.ticket
    doer = Person.objects.filter(pk=row.actor_id).values_list("name", flat=True).first() if row.actor_id else ""
    why, choices = wording.why(row.reason), house().choices(actor)
    if choices:
        why += "\n" + _("Choose what you are told: %(address)s") % {"address": choices}
    return {
        "sentence": wording.sentence(row.what, row.reason, doer or ""),
        "comment.text": _said(row, entry, ticket),
        "left": _left(ticket) if row.what == "solved" and row.reason == "requester" else "",
        "link": house().page(actor, ticket),
        "why": why,
        "ticket.number": str(ticket.pk),
        "ticket.title": ticket.title,
        "ticket.status": _status(actor, ticket),
        "person.name": row.person.name,
        "actor.name": doer or "",
        "organization.name": ticket.organization.name,
    }


def _said(row: Notification, entry: Comment | None, ticket: Ticket) -> str:
    if entry is not None:
        return queries.text_of(entry, ticket)
    if row.what == "solved":
        return ticket.resolution
    return ticket.description if row.what in ("opened", "assignment", "mention", "approval") else ""


def _format(row_format: str) -> markdown.Format:
    return "plain" if row_format == "plain" else "markdown"


def _left(ticket: Ticket) -> str:
    """Until when, and for how long, a solved ticket can still be brought back (ST-051)."""
    until = lifecycle.closes_at(ticket)
    if until is None or until <= now():
        return ""
    moment = date_format(timezone.localtime(until), "DATETIME_FORMAT")
    return _("You can reopen it until %(moment)s (%(span)s left).") % {
        "moment": moment,
        "span": span(until - now()),
    }


def span(length: dt.timedelta) -> str:
    """A length in its largest unit."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", round(hours / 24)) % {"n": round(hours / 24)}


def _status(actor: Actor, ticket: Ticket) -> str:
    """Agents see the status, customers whose turn it is (RC-084); the reader's language is in force."""
    if not actor.is_staff:
        return wording.turn(seen_status(ticket.phase, ticket.status))
    named = {status.key: status.label for status in kinds.statuses(ticket.organization_id)}
    return _(named[ticket.status]) if ticket.status in named else ticket.status


def _text(body: str, values: dict[str, str]) -> str:
    filled = placeholders.fill(body, values, in_lines=True).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return _EMPTY_LINES.sub("\n\n", filled).strip() + "\n"


def _html(body: str, values: dict[str, str], entry: Comment | None, ticket: Ticket) -> str:
    """The same, escaped; only what people wrote is Markdown, made safe as on the pages."""
    shown = {name: str(markdown.render(value, "plain")) for name, value in values.items() if name in ("link", "why")}
    if values["comment.text"]:
        kept = entry.format if entry is not None and entry.type != "opening" else ticket.description_format
        said = markdown.render(values["comment.text"], _format(kept))
        shown["comment.text"] = f'<blockquote style="{_QUOTE}">{said}</blockquote>'
    parts = []
    for piece, name in placeholders.pieces(body):
        known = values.get(name, "") if name is not None else piece
        parts.append(shown.get(name or "") or escape(known).replace("\r\n", "\n").replace("\n", "<br>\n"))
    inner = _EMPTY_HTML.sub("<br><br>\n", "".join(parts).replace("\0", ""))
    language = translation.get_language() or "en"
    return f'<!doctype html>\n<html lang="{language}"><body style="font-family:sans-serif">{inner}</body></html>\n'
