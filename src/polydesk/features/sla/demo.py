"""The demo's service levels: office hours, and what is promised in them by priority."""

from __future__ import annotations

from polydesk.directory.demo import Desk
from polydesk.directory.models import Organization, SlaPolicy

from .models import Calendar, Target

OFFICE = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOUR, DAY = 60, 600
# Priority level -> minutes to the first answer and to the solution; 0 is every level without a line of its own.
PROMISES = {6: (30, 4 * HOUR), 5: (HOUR, 8 * HOUR), 4: (2 * HOUR, 2 * DAY), 0: (4 * HOUR, 5 * DAY)}


def furnish(desk: Desk) -> None:
    """Before the first ticket is written, so that each one's clocks run from its beginning."""
    for organization in (desk.house, desk.second):
        _promise(organization)


def _promise(organization: Organization) -> None:
    policy, is_new = SlaPolicy.objects.get_or_create(
        organization=organization, name="Standard", defaults={"key": "standard", "is_default": True}
    )
    if not is_new:
        return
    hours, _ = Calendar.objects.get_or_create(organization=organization, name="Office hours", defaults={"week": OFFICE})
    Target.objects.bulk_create(
        Target(policy=policy, level=level, response=response, resolution=resolution, calendar=hours)
        for level, (response, resolution) in PROMISES.items()
    )
