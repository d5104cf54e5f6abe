"""Calendars, what was promised, and one row of clocks per ticket (RC-090)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from polydesk.directory.models import SlaPolicy
from polydesk.directory.models.organization import Owned, Stamped
from polydesk.tickets.models import Ticket
from polydesk.web.sentences import say

from .clock import Standing
from .hours import ALWAYS, DAYS, Hours, public_holidays, read_spans


class Calendar(Owned, Stamped):
    """Business hours: `week` as {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], …}; empty is around the clock.

    `days` are days with hours of their own, [{"date": "2026-12-24", "name": "Christmas Eve", "hours": […]}]; a holiday
    has none. `region` takes the public holidays of a country or a part of it: `DE`, `DE-BY`."""

    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=60, default="UTC")
    week = models.JSONField(default=dict, blank=True)
    days = models.JSONField(default=list, blank=True)
    region = models.CharField(max_length=12, blank=True, default="")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> Hours:
        """The value that clocks count with."""
        if not self.week:
            return ALWAYS
        return Hours(
            zone=self.time_zone,
            week=tuple(read_spans(self.week.get(day, ())) for day in DAYS),
            days={
                dt.date.fromisoformat(day["date"]): (day.get("name", ""), read_spans(day.get("hours", ())))
                for day in self.days
            },
            region=self.region,
        )

    def clean(self) -> None:
        """Hours that can be read and do open, a zone and a region that exist."""
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": say("There is no such time zone.")})
        try:
            hours = self.hours
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValidationError({"week": say("Hours cannot be read: %(error)s", error=error)}) from error
        if set(self.week) - set(DAYS) or (self.week and not any(hours.week)):
            raise ValidationError({"week": say("Name the hours of at least one of mon, tue, wed, thu, fri, sat, sun.")})
        try:
            public_holidays(self.region or "DE", timezone.now().year)
        except NotImplementedError as error:
            raise ValidationError({"region": say("The holidays of this region are not known.")}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Nothing that cannot be counted with is stored."""
        self.clean()
        super().save(*args, **kwargs)


class Target(models.Model):
    """What a policy promises for one priority level (0: for all that have no own row), in minutes that count."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="targets")
    level = models.PositiveSmallIntegerField(default=0)
    response = models.PositiveIntegerField(null=True, blank=True)
    plan = models.PositiveIntegerField(null=True, blank=True)
    resolution = models.PositiveIntegerField(null=True, blank=True)
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.RESTRICT, related_name="targets")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["policy", "level"], name="sla_target_once"),)


def _moment() -> Any:
    return models.DateTimeField(null=True, blank=True)


def _person() -> Any:
    return models.BigIntegerField(null=True, blank=True)


def _seconds() -> Any:
    return models.PositiveIntegerField(null=True, blank=True)


class Clock(models.Model):
    """The three clocks of one ticket, kept in step by `keeping` alone. Tickets without a policy have no row.

    `…_due` while paused is what it was when the pause began; `…_left` is what then remained, in seconds that count;
    `…_spent` is what had counted when the target was reached."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="clock")
    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="+")
    started = models.DateTimeField()
    story = models.JSONField(default=dict)
    """The ticket's events as far as the clock looks at them (`story`)."""

    response_due, response_at, response_by, response_met = (
        _moment(),
        _moment(),
        _person(),
        models.BooleanField(null=True),
    )
    response_left, response_spent = _seconds(), _seconds()
    response_assignee = _person()
    plan_due, plan_at, plan_by = _moment(), _moment(), _person()
    plan_met = models.BooleanField(null=True)
    plan_left, plan_spent = _seconds(), _seconds()
    resolution_due, resolution_at, resolution_by = _moment(), _moment(), _person()
    resolution_met = models.BooleanField(null=True)
    resolution_left, resolution_spent = _seconds(), _seconds()

    met = models.BooleanField(null=True)
    """False once a target was missed, true when all were reached in time, null until then (AT-322)."""
    paused_at = _moment()
    due = _moment()
    """The earliest due time of what is not reached yet; null while paused and when nothing is left to do."""
    next_due = _moment()
    """When the tick has to look: the earliest due time whose breach has not been told."""
    told = models.JSONField(default=list)
    """Whose breach stands in the history already."""

    class Meta:
        indexes = (
            models.Index(fields=["next_due"], name="sla_next_due", condition=models.Q(next_due__isnull=False)),
            models.Index(fields=["due"], name="sla_due", condition=models.Q(due__isnull=False)),
            models.Index(fields=["policy"], name="sla_running", condition=models.Q(met__isnull=True)),
        )

    def due_of(self, which: str) -> dt.datetime | None:
        """When `response`, `plan` or `resolution` is due."""
        found: dt.datetime | None = getattr(self, f"{which}_due")
        return found

    def at_of(self, which: str) -> dt.datetime | None:
        """When it was reached."""
        found: dt.datetime | None = getattr(self, f"{which}_at")
        return found

    def met_of(self, which: str) -> bool | None:
        """In time, late, or not decided."""
        found: bool | None = getattr(self, f"{which}_met")
        return found

    def left_of(self, which: str) -> int | None:
        """Seconds that remain while paused."""
        found: int | None = getattr(self, f"{which}_left")
        return found

    def write(self, which: str, standing: Standing) -> None:
        """Take over how one clock stands."""
        stamp = standing.stamp
        for name, value in (
            ("due", standing.due),
            ("at", stamp.at if stamp else None),
            ("by", stamp.by if stamp else None),
            ("met", standing.met),
            ("left", _whole(standing.left)),
            ("spent", _whole(standing.spent)),
        ):
            setattr(self, f"{which}_{name}", value)


def _whole(span: dt.timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
