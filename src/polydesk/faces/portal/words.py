"""Human words for the state of a request, and how moments and sizes are written; templates know this as `portal`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from polydesk.tickets import queries
from polydesk.tickets.models import Ticket
from polydesk.tickets.rules.lifecycle import closes_at
from polydesk.web.idempotency import FORM_FIELD, form_token


@dataclass(frozen=True, slots=True)
class State:
    """What a request waits for: `word` in a list, `next` what happens now, `tone` its colour."""

    word: str
    next: str
    tone: str


def state(ticket: Ticket) -> State:
    """Where a request stands in the words of somebody who knows no desk's vocabulary."""
    match ticket.phase:
        case "new":
            return State(_("We have it"), _("Somebody reads it and answers you here."), "new")
        case "waiting" if ticket.status == "waiting_customer":
            return State(_("We are waiting for your answer"), _("Write it below, then we go on."), "waiting")
        case "waiting":
            return State(_("We are waiting for others"), _("We go on as soon as they have done their part."), "open")
        case "solved":
            return State(_("We think it is solved"), _solved(ticket), "solved")
        case "closed":
            return State(_("Solved and closed"), _closed(ticket), "closed")
        case "dropped":
            return State(_("Closed"), _closed(ticket), "closed")
    if queries.awaiting(ticket) == "customer":
        return State(_("We have answered"), _due(ticket) or _("We go on; you can answer below."), "open")
    return State(_("We are working on it"), _due(ticket) or _("We write here when there is news."), "open")


def _due(ticket: Ticket) -> str:
    if ticket.due_at is None or ticket.due_at < timezone.now():
        return ""
    return _("We mean to be done by %(moment)s.") % {"moment": moment(ticket.due_at)}


def _solved(ticket: Ticket) -> str:
    due = closes_at(ticket)
    if due is None:
        return _("Tell us whether it is: close it, or write what is still wrong.")
    return _("It closes by itself on %(moment)s. Write before then when something is still wrong.") % {
        "moment": moment(due)
    }


def _closed(ticket: Ticket) -> str:
    if ticket.final:
        return _("It stays closed. What you write now becomes a new request.")
    return _("Write below to open it again.")


def language() -> str:
    return get_language() or "en"


def moment(when: datetime) -> str:
    """As short as it stays clear: 09:14, 12 Mar 09:14, 12 Mar 2025."""
    local, now = timezone.localtime(when), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    month = "b" if language() == "ru" else "M"  # Russian writes its months small
    return date_format(local, f"j {month} H:i" if local.year == now.year else f"j {month} Y")


def size(count: int) -> str:
    """Bytes for people."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


__all__ = ["FORM_FIELD", "form_token"]
