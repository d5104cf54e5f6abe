"""The clocks of the service level as fields of a ticket (RC-090): written by the feature alone, read here."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Coalesce, Least, NullIf

from . import values
from .fields import Field
from .tables import Tables

NEVER = 2**31 - 1
LEFT = ("clock__response_left", "clock__plan_left", "clock__resolution_left")


def clock(name: str, type_: str, column: str, **facts: Any) -> Field:
    """A stamp of one clock; null without one."""
    return Field(name, type_, f"clock__{column}", read_only=True, **facts)


def _paused(tables: Tables) -> Any:
    """Seconds to the next target while waiting for the customer, in any other status null (AT-331, RC-247)."""
    left = [Coalesce(F(column), Value(NEVER)) for column in LEFT]
    nearest = NullIf(Least(*left), Value(NEVER))
    return Case(When(status="waiting_customer", then=nearest), default=None, output_field=IntegerField())


def _show_paused(tables: Tables, status: str, *left: int | None) -> float | None:
    known = [seconds for seconds in left if seconds is not None]
    return values.hours(min(known)) if known and status == "waiting_customer" else None


PAUSED = Field(
    "serviceLevelAgreementPausedNextEventHours",
    "decimal",
    read_only=True,
    hours=True,
    expression=_paused,
    show=_show_paused,
    reads=("status", *LEFT),
)
RESULT_FIELDS = (
    clock("firstResponseElapsedHours", "decimal", "response_spent", hours=True),
    clock("isFirstResponseMet", "boolean", "response_met"),
    clock("resolutionPlanElapsedHours", "decimal", "plan_spent", hours=True),
    clock("isResolutionPlanMet", "boolean", "plan_met"),
    clock("resolutionElapsedHours", "decimal", "resolution_spent", hours=True),
    clock("isResolutionMet", "boolean", "resolution_met"),
)
