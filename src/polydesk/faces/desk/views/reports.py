"""The dashboard: volume, backlog, answers, solutions, deadlines; each figure leads to its tickets (PL-206)."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django.db.models import Avg, Count, DurationField, Exists, ExpressionWrapper, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from polydesk.tickets import kinds, queries
from polydesk.tickets.models import Comment, Participant

from .. import charts, pages, words
from ..auth import agent
from ..charts import Bar
from ..lists import Asked
from ..shown import Input
from ..vocabulary import Vocabulary

SPANS = {"7": 7, "14": 14, "30": 30, "90": 90}
OPEN = Q(phase__in=sorted(kinds.OPEN_PHASES))


@require_GET
@agent
def dashboard(request: HttpRequest) -> HttpResponse:
    days = SPANS.get(request.GET.get("days", ""), 14)
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=days - 1)
    visible = queries.visible_to(request.actor)
    vocabulary = Vocabulary(request.actor)
    spans = [(str(n), _("%(n)d days") % {"n": n}) for n in SPANS.values()]
    drawn = [
        _volume(visible, since, days),
        _backlog(visible, vocabulary),
        _kinds(visible, since, vocabulary),
        _teams(visible, vocabulary),
        _agents(visible),
    ]
    values = {
        "figures": _figures(visible, since, days),
        "charts": drawn,
        "days": Input("days", _("Span"), "select", str(days), spans),
    }
    return pages.page(request, "reports", values, here="reports")


def _figures(visible: Any, since: dt.datetime, days: int) -> list[SimpleNamespace]:
    now = timezone.now()
    came = visible.filter(created_at__gte=since)
    solved = visible.filter(solved_at__gte=since)
    with_due = solved.filter(due_at__isnull=False)
    first_answer = (
        Comment.objects.filter(ticket=OuterRef("pk"), side="staff", internal=False, deleted_at__isnull=True)
        .exclude(type="opening")
        .order_by()
        .values("ticket")
        .annotate(at=Min("sent_at"))
        .values("at")
    )
    answered = came.filter(creator_side="customer").annotate(answer=Subquery(first_answer)).filter(answer__isnull=False)
    spent = answered.order_by("-id")[:2000].aggregate(
        mean=Avg(ExpressionWrapper(F("answer") - F("created_at"), output_field=DurationField()))
    )["mean"]
    took = solved.aggregate(
        mean=Avg(ExpressionWrapper(F("solved_at") - F("created_at"), output_field=DurationField())), n=Count("id")
    )
    kept = with_due.aggregate(n=Count("id"), kept=Count("id", filter=Q(solved_at__lte=F("due_at"))))
    state = visible.filter(OPEN).aggregate(
        open=Count("id"),
        nobody=Count("id", filter=Q(assignee__isnull=True)),
        late=Count("id", filter=Q(due_at__lt=now)),
    )
    span = f"{days}d"
    return [
        _figure(_("Came in"), words.count(came.count()), f"created<{span}"),
        _figure(_("Solved"), words.count(took["n"]), f"solved<{span}"),
        _figure(_("Open now"), words.count(state["open"]), "status:open"),
        _figure(_("With nobody"), words.count(state["nobody"]), "status:open assignee:none"),
        _figure(_("Past their deadline"), words.count(state["late"]), "is:overdue"),
        _figure(_("First answer"), words.span(spent) if spent else "–", f"created<{span}"),
        _figure(_("To a solution"), words.span(took["mean"]) if took["mean"] else "–", f"solved<{span}"),
        _figure(
            _("Deadlines kept"), f"{kept['kept'] * 100 // kept['n']} %" if kept["n"] else "–", f"solved<{span} has:due"
        ),
    ]


def _figure(name: str, value: str, q: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, value=value, url=Asked(q=q).link())


def _volume(visible: Any, since: dt.datetime, days: int) -> SimpleNamespace:
    came = dict(
        visible.filter(created_at__gte=since).order_by().values_list(TruncDate("created_at")).annotate(n=Count("id"))
    )
    done = dict(
        visible.filter(solved_at__gte=since).order_by().values_list(TruncDate("solved_at")).annotate(n=Count("id"))
    )
    dates = [since.date() + dt.timedelta(days=n) for n in range(days)]
    bars = [
        Bar(formats.date_format(d, "j M"), came.get(d, 0), Asked(q=f"created:{d}").link(), done.get(d, 0))
        for d in dates
    ]
    name = _("New and solved, day by day")
    return SimpleNamespace(
        name=name, svg=charts.columns(bars, name, _("new"), _("solved")), key=_("left new, right solved")
    )


def _backlog(visible: Any, vocabulary: Vocabulary) -> SimpleNamespace:
    found = dict(visible.filter(OPEN).order_by().values_list("status").annotate(n=Count("id")))
    bars = [
        Bar(vocabulary.status(k), found[k], Asked(q=f"status={k}").link()) for k in vocabulary.statuses if k in found
    ]
    return _rows(_("Open by status"), bars)


def _kinds(visible: Any, since: dt.datetime, vocabulary: Vocabulary) -> SimpleNamespace:
    found = dict(visible.filter(created_at__gte=since).order_by().values_list("kind").annotate(n=Count("id")))
    begin = since.date()
    bars = [
        Bar(vocabulary.kind(k), found[k], Asked(q=f"kind:{k} created>={begin}").link())
        for k in kinds.KINDS
        if k in found
    ]
    return _rows(_("New by kind"), bars)


def _teams(visible: Any, vocabulary: Vocabulary) -> SimpleNamespace:
    here = visible.filter(OPEN)
    parts = Participant.objects.filter(
        Exists(here.filter(pk=OuterRef("ticket_id"))), part="assigned", team__isnull=False
    )
    found = dict(parts.order_by().values_list("team_id").annotate(n=Count("ticket_id", distinct=True)))
    bars = [
        Bar(name, found[pk], Asked(q=f"status:open team:{pk}").link())
        for pk, name in vocabulary.teams.items()
        if pk in found
    ]
    return _rows(_("Open by team"), sorted(bars, key=lambda b: -b.value)[:10])


def _agents(visible: Any) -> SimpleNamespace:
    found = (
        visible.filter(OPEN, assignee__isnull=False)
        .order_by()
        .values_list("assignee_id", "assignee__name")
        .annotate(n=Count("id"))
    )
    bars = [Bar(name, n, Asked(q=f"status:open assignee:{pk}").link()) for pk, name, n in found.order_by("-n")[:10]]
    return _rows(_("Open by person"), bars)


def _rows(name: str, bars: list[Bar]) -> SimpleNamespace:
    return SimpleNamespace(name=name, svg=charts.rows(bars, name) if bars else "", key="")
