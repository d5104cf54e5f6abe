"""The clocks of the service level as fields of a ticket (RC-090): written by the engine alone, read here."""

from __future__ import annotations

from typing import Any

from .fields import Field


def clock(name: str, type_: str, which: str, attribute: str, **facts: Any) -> Field:
    """A stamp of one clock; null without one."""
    return Field(name, type_, constant=None, read_only=True, **facts)


RESULT_FIELDS = tuple(
    clock(name, kind, which, attribute)
    for which, title in (("first_response", "firstResponse"), ("plan", "resolutionPlan"), ("resolution", "resolution"))
    for name, kind, attribute in (
        (f"{title}ElapsedHours", "decimal", "elapsed"),
        (f"is{title[0].upper()}{title[1:]}Met", "boolean", "met"),
    )
)
