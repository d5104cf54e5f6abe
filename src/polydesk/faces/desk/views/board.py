"""Open tickets as columns by status, and planned dates as a month (PL-206)."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from types import SimpleNamespace

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from polydesk.features import search
from polydesk.tickets import kinds, queries

from .. import lists, pages
from ..auth import agent
from ..lists import Asked
from ..shown import Input
from ..vocabulary import Vocabulary

PER_COLUMN = 30
ALWAYS = ("new", "assigned", "in_progress", "waiting_customer", "solved")
WEEK = dt.timedelta(days=7)


@require_GET
@agent
def board(request: HttpRequest) -> HttpResponse:
    """A column per status that holds something, the usual ones always; solved ones of the last week."""
    vocabulary = Vocabulary(request.actor)
    team = request.GET.get("team", "")
    visible = queries.visible_to(request.actor).filter(_of_team(request, team))
    live = visible.filter(
        Q(phase__in=sorted(kinds.OPEN_PHASES)) | Q(phase="solved", solved_at__gt=timezone.now() - WEEK)
    )
    newest = list(live.order_by("-active_at").values(*lists.SHOWN)[:600])
    by_status = defaultdict(list)
    for raw in newest:
        by_status[raw["status"]].append(raw)
    shown = [key for key in vocabulary.statuses if by_status[key] or key in ALWAYS]
    cards = lists.rows(request.actor, [raw for key in shown for raw in by_status[key][:PER_COLUMN]], vocabulary)
    of = {row.number: row for row in cards}
    columns = []
    for key in shown:
        rows = [of[raw["id"]] for raw in by_status[key][:PER_COLUMN]]
        columns.append(
            SimpleNamespace(
                key=key,
                name=vocabulary.status(key),
                phase=vocabulary.statuses[key].phase,
                rows=rows,
                count=str(len(by_status[key])) + ("+" if len(newest) == 600 else ""),
                all=Asked(q=f"status={key}").link(),
            )
        )
    teams = [("", _("All teams")), ("mine", _("My teams")), *vocabulary.teams.items()]
    values = {"columns": columns, "team": Input("team", _("Team"), "select", team, teams)}
    return pages.page(request, "board", values, here="board")


def _of_team(request: HttpRequest, team: str) -> Q:
    if team != "mine" and not team.isdecimal():
        return Q()
    return Q(pk__in=search.tickets(request.actor, f"team:{team}").order_by().values("pk"))


@require_GET
@agent
def month(request: HttpRequest) -> HttpResponse:
    """What is planned, due or to be followed up, day by day."""
    first = _first(request.GET.get("month", ""))
    # Dates are written with the day first in each of our languages; so weeks begin on Monday in each.
    weeks = calendar.Calendar()
    days = weeks.monthdatescalendar(first.year, first.month)
    start, end = (
        timezone.make_aware(dt.datetime.combine(d, dt.time()))
        for d in (days[0][0], days[-1][-1] + dt.timedelta(days=1))
    )
    found = queries.visible_to(request.actor).filter(
        Q(planned_start__gte=start, planned_start__lt=end)
        | Q(due_at__gte=start, due_at__lt=end)
        | Q(follow_up_on__gte=days[0][0], follow_up_on__lte=days[-1][-1])
    )
    by_day = defaultdict(list)
    for t in found.values("id", "title", "phase", "planned_start", "due_at", "follow_up_on")[:1000]:
        url = reverse("desk:ticket", kwargs={"number": t["id"]})
        for column, icon in (("planned_start", "play"), ("due_at", "alarm-clock"), ("follow_up_on", "bell")):
            if t[column]:
                day = t[column] if column == "follow_up_on" else timezone.localtime(t[column]).date()
                by_day[day].append(
                    SimpleNamespace(number=t["id"], title=t["title"], phase=t["phase"], icon=icon, url=url)
                )
    today = timezone.localdate()
    grid = [
        [SimpleNamespace(date=d, out=d.month != first.month, today=d == today, items=by_day[d]) for d in week]
        for week in days
    ]
    values = {
        "weeks": grid,
        "name": formats.date_format(first, "YEAR_MONTH_FORMAT"),
        "names": [formats.date_format(d, "D") for d in days[0]],
        "before": f"?month={(first - dt.timedelta(days=1)):%Y-%m}",
        "after": f"?month={(first + dt.timedelta(days=32)):%Y-%m}",
    }
    return pages.page(request, "calendar", values, here="calendar")


def _first(text: str) -> dt.date:
    try:
        found = dt.date.fromisoformat(f"{text}-01")
        return found if 1970 <= found.year <= 9990 else timezone.localdate().replace(day=1)
    except ValueError:
        return timezone.localdate().replace(day=1)
