"""Service levels: policies with their promises per priority, and the business hours they count in (PL-207, RC-090)."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from polydesk.directory.models import SlaPolicy
from polydesk.features import sla
from polydesk.features.sla.hours import DAYS, public_holidays
from polydesk.features.sla.models import Calendar, Target
from polydesk.tickets import kinds
from polydesk.tickets.refusals import Missing

from .. import admin
from ..auth import administrator
from ..filling import take
from ..shelves import Wrong, named, yes
from ..shown import Input
from ..vocabulary import Vocabulary

CLOCKS = {
    "response": gettext_lazy("First response"),
    "plan": gettext_lazy("Plan"),
    "resolution": gettext_lazy("Resolution"),
}
LONGEST = 60 * 24 * 366
WEEKDAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?")


# Policies -------------------------------------------------------------------------------------------------------
@require_GET
@administrator
def policies(request: HttpRequest) -> HttpResponse:
    found = SlaPolicy.objects.filter(organization_id=request.actor.organization_id).order_by("name", "id")
    targets: dict[int, Target] = {t.policy_id: t for t in Target.objects.filter(policy__in=found, level=0)}
    rows = [
        SimpleNamespace(
            url=reverse("desk:admin_policy", kwargs={"pk": p.pk}),
            cells=(
                p.name,
                *(minutes(getattr(targets.get(p.pk), clock, None)) for clock in CLOCKS),
                yes(p.is_default),
                yes(p.is_active),
            ),
        )
        for p in found[:500]
    ]
    values = {
        "title": _("Service levels"),
        "heads": (_("Name"), *CLOCKS.values(), _("For all tickets"), _("In use")),
        "rows": rows,
        "hint": _("What is promised, in time that counts. Devices, contracts and services name their own level."),
        "q": None,
        "older": "",
        "add": reverse("desk:admin_policy_new"),
        "add_label": _("New service level"),
    }
    return admin.page(request, "admin_rows", "policies", values)


@require_http_methods(["GET", "POST"])
@administrator
def policy(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One policy with a row of promises per priority level."""
    row = SlaPolicy.objects.filter(organization_id=request.actor.organization_id, pk=pk).first() if pk else None
    if pk and row is None:
        raise Missing
    place = reverse("desk:admin_policies")
    errors = take(request, row, lambda: _keep_policy(request, row), back=place)
    if isinstance(errors, HttpResponse):
        return errors
    vocabulary = Vocabulary(request.actor)
    inputs, matrix = _policy_inputs(row, vocabulary), _matrix(row, request, errors)
    title = row.name if row else _("New service level")
    hint = _("Times such as 30m, 4h or 1h 30m. An empty line takes what is promised for all others.")
    facts = {"matrix": matrix, "clocks": list(CLOCKS.values()), "hint": hint, "back": place}
    loose = {n: e for n, e in errors.items() if not n.startswith("t_")}
    return admin.form(request, "policies", title, inputs, loose, template="admin_policy", refused=bool(errors), **facts)


def _policy_inputs(row: SlaPolicy | None, vocabulary: Vocabulary) -> list[Input]:
    settings = row.settings if row else {}
    statuses = [
        (k, vocabulary.status(k)) for k, s in vocabulary.statuses.items() if s.phase in ("new", "open", "waiting")
    ]
    return [
        Input("name", _("Name"), value=row.name if row else "", required=True, limit=100),
        Input("is_default", _("For all tickets without another"), "checkbox", row.is_default if row else False),
        Input("resume", _("A reopened ticket's clock goes on"), "checkbox", settings.get("reopening") == "resume"),
        Input("is_active", _("In use"), "checkbox", row.is_active if row else True),
        Input(
            "pausing",
            _("Time stands still in these statuses"),
            "checks",
            settings.get("pausing_statuses", []),
            statuses,
            hint=_("None: in all that wait."),
            wide=True,
        ),
    ]


def _matrix(row: SlaPolicy | None, request: HttpRequest, errors: dict[str, list[str]]) -> list[SimpleNamespace]:
    """A line per priority level, the most urgent first; the last holds for all levels without a line."""
    stored = {t.level: t for t in Target.objects.filter(policy=row)} if row else {}
    calendars = _calendars(request)
    lines = []
    for level, name in _levels():
        target = stored.get(level)
        fields = [
            Input(f"t_{level}_{clock}", f"{name}: {label}", value=minutes(getattr(target, clock, None)))
            for clock, label in CLOCKS.items()
        ]
        present = target.calendar_id if target else ""
        fields.append(Input(f"t_{level}_calendar", f"{name}: {_('Hours')}", "select", present or "", calendars))
        for one in fields:
            one.errors = errors.get(one.name, [])
            if request.method == "POST":
                one.value = request.POST.get(one.name, "")
        lines.append(SimpleNamespace(name=name, fields=fields))
    return lines


def _levels() -> list[tuple[int, str]]:
    levels = sorted(((p.level, _(p.label)) for p in kinds.PRIORITIES.values()), reverse=True)
    return [*levels, (0, _("All others"))]


def _calendars(request: HttpRequest) -> list[tuple[Any, str]]:
    found = Calendar.objects.filter(organization_id=request.actor.organization_id, is_active=True).order_by("name")
    return [("", _("Around the clock")), *found.values_list("pk", "name")]


@transaction.atomic
def _keep_policy(request: HttpRequest, row: SlaPolicy | None) -> None:
    posted = request.POST
    kept = row or SlaPolicy(organization_id=request.actor.organization_id)
    kept.name = named(posted)["name"]
    kept.is_default, kept.is_active = posted.get("is_default") == "on", posted.get("is_active") == "on"
    settings = {n: v for n, v in kept.settings.items() if n not in ("reopening", "pausing_statuses")}
    if posted.get("resume") == "on":
        settings["reopening"] = "resume"
    known = Vocabulary(request.actor).statuses
    if pausing := [key for key in posted.getlist("pausing") if key in known]:
        settings["pausing_statuses"] = pausing
    kept.settings = settings
    kept.version += 1 if row else 0
    promises = _promises(posted, {str(pk) for pk, _name in _calendars(request) if pk})
    kept.save()
    if kept.is_default:
        others = SlaPolicy.objects.filter(organization_id=kept.organization_id, is_default=True).exclude(pk=kept.pk)
        for other in others:
            other.is_default = False
            other.save(update_fields=["is_default", "updated_at"])
    for target in Target.objects.filter(policy=kept).exclude(level__in=promises):
        target.delete()
    calendars = Calendar.objects.filter(organization_id=kept.organization_id).in_bulk()
    for level, promise in promises.items():
        chosen = calendars.get(promise.pop("calendar") or 0)
        sla.promise(kept, level=level, calendar=chosen, **promise)


def _promises(posted: QueryDict, calendars: set[str]) -> dict[int, dict[str, Any]]:
    found, errors = {}, {}
    for level, _name in _levels():
        promise: dict[str, Any] = {}
        for clock in CLOCKS:
            try:
                promise[clock] = read_minutes(posted.get(f"t_{level}_{clock}", ""))
            except ValueError:
                errors[f"t_{level}_{clock}"] = [_("Give a time such as 30m, 4h or 1h 30m.")]
        chosen = posted.get(f"t_{level}_calendar", "")
        if chosen and chosen not in calendars:
            errors[f"t_{level}_calendar"] = [_("Choose one of the list.")]
        elif any(value is not None for value in promise.values()):
            found[level] = promise | {"calendar": int(chosen) if chosen else None}
    if errors:
        raise Wrong(errors)
    return found


def minutes(count: int | None) -> str:
    """As it is typed: 1h 30m."""
    if count is None:
        return ""
    parts = (f"{count // 60}h" if count >= 60 else "", f"{count % 60}m" if count % 60 or not count else "")
    return " ".join(part for part in parts if part)


def read_minutes(text: str) -> int | None:
    text = text.strip().lower()
    if not text:
        return None
    match = re.fullmatch(r"(?:(\d{1,4})\s*h)?\s*(?:(\d{1,6})\s*m?)?", text)
    if match is None or not (match[1] or match[2]):
        raise ValueError(text)
    count = int(match[1] or 0) * 60 + int(match[2] or 0)
    if not 0 < count <= LONGEST:
        raise ValueError(text)
    return count


# Business hours -------------------------------------------------------------------------------------------------
@require_GET
@administrator
def calendars(request: HttpRequest) -> HttpResponse:
    found = Calendar.objects.filter(organization_id=request.actor.organization_id).order_by("name", "id")
    rows = [
        SimpleNamespace(
            url=reverse("desk:admin_calendar", kwargs={"pk": c.pk}),
            cells=(c.name, _week(c), c.time_zone, c.region, yes(c.is_active)),
        )
        for c in found[:500]
    ]
    values = {
        "title": _("Business hours"),
        "heads": (_("Name"), _("Hours"), _("Time zone"), _("Holidays of"), _("In use")),
        "rows": rows,
        "hint": _("When time counts. Service levels without hours count around the clock."),
        "q": None,
        "older": "",
        "add": reverse("desk:admin_calendar_new"),
        "add_label": _("New business hours"),
    }
    return admin.page(request, "admin_rows", "calendars", values)


def _week(row: Calendar) -> str:
    days = {day: _spans(row.week.get(day, ())) for day in DAYS}
    if not any(days.values()):
        return _("around the clock")
    first = days["mon"]
    if all(days[day] == first for day in DAYS[:5]) and not days["sat"] and not days["sun"]:
        return _("Monday to Friday %(hours)s") % {"hours": first}
    return ", ".join(f"{WEEKDAYS[day]} {hours}" for day, hours in days.items() if hours)


@require_http_methods(["GET", "POST"])
@administrator
def calendar(request: HttpRequest, pk: int = 0) -> HttpResponse:
    row = Calendar.objects.filter(organization_id=request.actor.organization_id, pk=pk).first() if pk else None
    if pk and row is None:
        raise Missing
    place = reverse("desk:admin_calendars")
    errors = take(request, row, lambda: _keep_calendar(request, row), back=place)
    if isinstance(errors, HttpResponse):
        return errors
    if errors:
        row = Calendar.objects.filter(pk=pk).first() if pk else None
    title = row.name if row else _("New business hours")
    facts = {"back": place, "holidays": _holidays(row)}
    return admin.form(request, "calendars", title, _calendar_inputs(row), errors, template="admin_calendar", **facts)


def _calendar_inputs(row: Calendar | None) -> list[Input]:
    week = row.week if row else {day: [["09:00", "17:00"]] for day in DAYS[:5]}
    days = "\n".join(
        " ".join(p for p in (d["date"], _spans(d.get("hours", ())), d.get("name", "")) if p)
        for d in (row.days if row else ())
    )
    return [
        Input("name", _("Name"), value=row.name if row else "", required=True, limit=100),
        Input(
            "time_zone",
            _("Time zone"),
            value=row.time_zone if row else "Europe/Berlin",
            hint=_("Such as Europe/Berlin."),
        ),
        Input(
            "region",
            _("Public holidays of"),
            value=row.region if row else "",
            limit=12,
            hint=_("A country or a part of it: DE, DE-BY, GB-SCT. Empty: none."),
        ),
        *(
            Input(
                day,
                str(name),
                value=_spans(week.get(day, ())),
                hint=_("09:00-12:00, 13:00-17:00") if day == "mon" else "",
            )
            for day, name in WEEKDAYS.items()
        ),
        Input(
            "days",
            _("Days of their own"),
            "textarea",
            days,
            rows=4,
            wide=True,
            hint=_("One per line: 2026-12-24 09:00-12:00 Christmas Eve. Without hours it is a holiday."),
        ),
        Input("is_active", _("In use"), "checkbox", row.is_active if row else True),
    ]


def _holidays(row: Calendar | None) -> list[tuple[dt.date, str]]:
    """The next public holidays of its region, so that somebody can see that it is the right one."""
    if row is None or not row.region:
        return []
    today = timezone.localdate()
    found = {**public_holidays(row.region, today.year), **public_holidays(row.region, today.year + 1)}
    return sorted((day, name) for day, name in found.items() if day >= today)[:8]


def _keep_calendar(request: HttpRequest, row: Calendar | None) -> None:
    posted = request.POST
    kept = row or Calendar(organization_id=request.actor.organization_id)
    kept.name, kept.time_zone = named(posted)["name"], posted.get("time_zone", "").strip()
    kept.region = posted.get("region", "").strip().upper()[:12]
    kept.week = {day: spans for day in DAYS if (spans := _read_spans(posted.get(day, ""), day))}
    kept.days = [_read_day(line) for line in posted.get("days", "").splitlines() if line.strip()][:400]
    kept.is_active = posted.get("is_active") == "on"
    kept.version += 1 if row else 0
    kept.save()


def _spans(spans: Any) -> str:
    return ", ".join(f"{start}-{end}" for start, end in spans)


def _read_spans(text: str, field: str) -> list[list[str]]:
    """`9-12, 13:30-17` as the calendar keeps it."""
    found = []
    for part in (p.strip() for p in text.split(",") if p.strip()):
        match = SPAN.fullmatch(part)
        if match is None:
            raise Wrong({field: [_("Give hours such as 09:00-12:00, 13:00-17:00.")]})
        found.append([f"{int(match[1]):02}:{match[2] or '00'}", f"{int(match[3]):02}:{match[4] or '00'}"])
    return found


def _read_day(line: str) -> dict[str, Any]:
    text, _space, rest = line.strip().partition(" ")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise Wrong(
            {"days": [_("“%(line)s” does not begin with a date such as 2026-12-24.") % {"line": line}]}
        ) from error
    hours = re.match(rf"(?:{SPAN.pattern})(?:\s*,\s*{SPAN.pattern})*", rest.strip())
    spans = _read_spans(hours[0], "days") if hours else []
    return {"date": day.isoformat(), "name": rest.strip()[hours.end() if hours else 0 :].strip()[:100], "hours": spans}
