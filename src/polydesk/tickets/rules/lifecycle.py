"""Rules about solving, closing and reopening (RC-277, RC-307, RC-308, RC-310, RC-311)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from django.utils import timezone

from polydesk.directory.models import Organization
from polydesk.tickets import kinds
from polydesk.tickets.models import Ticket
from polydesk.web.sentences import say, word

from .assignment import was_assigned
from .base import completes, refuses

if TYPE_CHECKING:
    from polydesk.tickets.edits import Edit

DONE = ("solved", "closed", "dropped")
AUTO_CLOSE = "auto_close_hours"


@completes
def solving_and_closing_are_stamped(edit: Edit) -> None:
    """Solved or closed sets `solved_at`, closed or dropped sets `closed_at` and `closed_by`; leaving clears them."""
    if not edit.changes("phase"):
        return
    before, after = edit.was("phase"), edit.get("phase")
    if after in ("solved", "closed"):
        if edit.was("solved_at") is None:
            edit.set("solved_at", edit.at)
    else:
        edit.set("solved_at", None)
    if after in ("closed", "dropped"):
        if edit.get("closed_at") is None:
            edit.set("closed_at", edit.at)
        edit.set("closed_by", edit.actor.person_id)
        edit.set("closed_by_system", edit.actor.is_system)
    elif before in ("closed", "dropped"):
        if "closed_at" not in edit.asked:
            edit.set("closed_at", None)
        edit.set("closed_by", None)
        edit.set("closed_by_system", False)
    if before in DONE and after not in DONE:
        # An import tells the source's own count (PL-152).
        edit.set("reopen_count", edit.facts.get("reopen_count", edit.was("reopen_count") + 1))


@refuses("status")
def closed_is_final(edit: Edit) -> str | None:
    """A final ticket that is closed never changes its status again, through no face (RC-310, ST-047)."""
    final = edit.was("final") and edit.was("phase") in ("closed", "dropped")
    if final and not edit.is_new and (edit.changes("status") or (edit.comment and edit.comment.type == "solution")):
        return say("This ticket was closed for good; open a new one.")
    return None


@refuses("status")
def merged_is_read_only(edit: Edit) -> str | None:
    """A merged ticket keeps its number and shows closed; only undoing the merge changes it (RC-311)."""
    target = edit.was("merged_into")
    if target and not edit.is_empty and edit.verb not in ("undo", "remove", "restore", "purge"):
        return say("This ticket was merged into #%(number)s.", number=target)
    return None


@refuses("status")
def status_is_offered(edit: Edit) -> str | None:
    """For web and native requests: people choose from the kind's list (RC-122). Passed as `also=` by those faces."""
    kind = kinds.KINDS.get(edit.get("kind"))
    key = edit.get("status")
    if "status" in edit.asked and kind and key in kinds.STATUSES and key not in kind.offered:
        return say("%(kinds)s do not offer the status “%(key)s”.", kinds=word(kind.plural), key=key)
    return None


@completes
def customers_word_reopens_solved(edit: Edit) -> None:
    """A customer's message on a solved ticket brings it back (RC-180); Selectel, portal and mail pass it as `also=`."""
    entry = edit.comment
    if entry is None or entry.side != "customer" or not entry.is_public:
        return
    if edit.was("phase") == "solved" and not edit.changes("status"):
        edit.set("status", "assigned" if was_assigned(edit) else "open")


Span = Callable[[bool, Collection[str]], dt.timedelta | None]
_spans: list[Span] = []


def span_after_solving(span: Span) -> Span:
    """Register who knows, by finality and faces in `extra`, how long a ticket stays solved; the first answer counts
    (RC-307)."""
    if span not in _spans:
        _spans.append(span)
    return span


def closes_at(ticket: Ticket) -> dt.datetime | None:
    """When a solved ticket closes by itself; never stored, since the span in force decides. None: never (RC-088)."""
    if ticket.phase != "solved" or ticket.solved_at is None:
        return None
    span = span_until_closing(
        final=ticket.final, extra=ticket.extra, hours=lambda: auto_close_hours(ticket.organization, ticket.kind)
    )
    return ticket.solved_at + span if span is not None else None


def is_done(ticket: Ticket) -> bool:
    """Closed already, or due to be: the next command closes it first (RC-307)."""
    due = closes_at(ticket)
    return ticket.is_closed or (due is not None and due < timezone.now())


def span_until_closing(
    *, final: bool, extra: Collection[str], hours: Callable[[], float | None]
) -> dt.timedelta | None:
    """How long such a ticket stays solved; `hours` is asked for the organization's setting if nobody knows."""
    for span in _spans:
        found = span(final, extra)
        if found is not None:
            return found
    found_hours = hours()
    return dt.timedelta(hours=found_hours) if found_hours is not None else None


def auto_close_hours(organization: Organization, kind: str) -> float | None:
    """The organization's setting per kind, in hours; none as shipped (RC-307)."""
    spans = organization.setting(AUTO_CLOSE, {})
    hours = spans.get(kind) if isinstance(spans, dict) else None
    return float(hours) if hours is not None else None


RULES = (closed_is_final, merged_is_read_only)
DERIVING = (solving_and_closing_are_stamped,)
