"""How a service level's clocks came to stand where they stand: intervals with their reasons (RC-090, AT-322)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markupsafe import Markup, escape

from polydesk.features import sla
from polydesk.features.sla import clock as counting
from polydesk.features.sla.hours import CLOSED, OPEN
from polydesk.features.sla.models import Clock
from polydesk.tickets.refusals import Missing

from .. import pages, ticket_page, words
from ..auth import agent
from ..vocabulary import Vocabulary

MOST = 60
WIDTH, HEIGHT = 560, 44


@dataclass(slots=True)
class Line:
    """One stretch of time."""

    start: dt.datetime
    end: dt.datetime
    counts: bool
    reason: str
    length: str


@dataclass(slots=True)
class Shown:
    """One clock: its verdict in words, its bar, its stretches, and how many older ones are left out."""

    name: str
    verdict: str
    counted: str
    bar: Markup
    lines: list[Line]
    left_out: int


@require_GET
@agent
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Every clock of the ticket with its working."""
    ticket = ticket_page.load(request.actor, number)
    clock = sla.clocks([ticket]).get(ticket.pk)
    if clock is None:
        raise Missing
    vocabulary, now = Vocabulary(request.actor), timezone.now()
    names = {"response": _("First response"), "plan": _("Plan"), "resolution": _("Resolution")}
    found = [
        _shown(clock, which, names[which], sla.working(ticket, which, now), vocabulary, now)
        for which in reversed(sla.WHICH)
        if clock.due_of(which)
    ]
    values = {
        "title": _("How the time is counted"),
        "policy": clock.policy.name,
        "clocks": found,
        "cancel": reverse("desk:ticket", kwargs={"number": number}),
    }
    return pages.dialog(request, "clock", values)


def _shown(
    clock: Clock,
    which: str,
    name: str,
    working: Sequence[counting.Interval],
    vocabulary: Vocabulary,
    now: dt.datetime,
) -> Shown:
    lines = [
        Line(i.start, i.end, i.counts, reason(i.reason, vocabulary), words.length(i.end - i.start)) for i in working
    ]
    due = clock.due_of(which)
    return Shown(
        name=name,
        verdict=_verdict(clock, which, now),
        counted=words.length(counting.sum_of(working)),
        bar=bar(lines, due, _("%(name)s: what counted and what did not") % {"name": name}),
        lines=lines[-MOST:],
        left_out=max(0, len(lines) - MOST),
    )


def _verdict(clock: Clock, which: str, now: dt.datetime) -> str:
    at, due = clock.at_of(which), clock.due_of(which)
    if at:
        moments = {"at": words.moment(at)}
        return (_("reached in time, %(at)s") if clock.met_of(which) else _("reached late, %(at)s")) % moments
    if clock.paused_at:
        return _("stands still since %(at)s") % {"at": words.moment(clock.paused_at)}
    if due and due < now:
        return _("over since %(at)s") % {"at": words.moment(due)}
    return _("due %(at)s") % {"at": words.moment(due)} if due else ""


def reason(text: str, vocabulary: Vocabulary) -> str:
    """Why a stretch counts or not, in the organization's words."""
    kind, _colon, rest = text.partition(": ")
    match kind:
        case "status":
            return _("stood still in %(status)s") % {"status": vocabulary.status(rest)}
        case "holiday":
            return _("holiday: %(name)s") % {"name": rest}
    known = {OPEN: _("business hours"), CLOSED: _("outside business hours"), "around the clock": _("around the clock")}
    return known.get(text, text)


def bar(lines: Sequence[Line], due: dt.datetime | None, name: str) -> Markup:
    """The stretches to scale: tall where time counts, a thin line where it does not, a mark where it is due."""
    if not lines:
        return Markup("")
    start, end = lines[0].start, lines[-1].end
    if due and due > end:  # show what is still ahead, but never let it press what has been into nothing
        end = min(due, end + (end - start))
    whole = max((end - start).total_seconds(), 1.0)

    def x(at: dt.datetime) -> float:
        return (at - start).total_seconds() / whole * WIDTH

    parts = [f'<line class="grid-line" x1="0" x2="{WIDTH}" y1="20" y2="20"/>']
    for line in lines:
        wide = max(x(line.end) - x(line.start), 0.8)
        high, name_ = (20, "bar-a") if line.counts else (4, "bar-b")
        title = escape(f"{line.reason}: {line.length}")
        parts.append(
            f'<rect class="{name_}" x="{x(line.start):.1f}" y="{20 - high}" width="{wide:.1f}" height="{high}">'
            f"<title>{title}</title></rect>"
        )
    if due and start <= due <= end:
        at = min(max(x(due), 1), WIDTH - 1)
        side, said = "end" if at > WIDTH / 2 else "start", escape(_("due %(at)s") % {"at": words.moment(due)})
        parts.append(
            f'<line class="due-mark" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="28"/>'
            f'<text x="{at:.1f}" y="40" text-anchor="{side}">{said}</text>'
        )
    return Markup(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">{"".join(parts)}</svg>')
