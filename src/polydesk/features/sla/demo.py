"""Service levels of the demo: things of the house have them, and the second organization one of its own."""

from __future__ import annotations

from polydesk.directory.demo import Desk
from polydesk.directory.models import Asset, Organization, SlaPolicy
from polydesk.features import sla

from .models import Calendar

OFFICE = {day: [["08:00", "12:00"], ["12:30", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def furnish(desk: Desk) -> None:
    """Office hours for devices, around the clock for services; existing policies are left alone."""
    for organization in (desk.house, desk.second):
        office = Calendar.objects.get_or_create(
            organization=organization,
            name="Office hours",
            defaults={"time_zone": "Europe/Berlin", "week": OFFICE, "region": "DE"},
        )[0]
        standard = _policy(organization, "Office support", is_default=organization == desk.second)
        if standard is not None:
            sla.promise(standard, response=480, plan=960, resolution=2400, calendar=office)
            sla.promise(standard, level=6, response=60, plan=240, resolution=960, calendar=office)
            Asset.objects.filter(organization=organization, type="device", sla=None).update(sla=standard)
        critical = _policy(organization, "Around the clock")
        if critical is not None:
            sla.promise(critical, response=240, plan=480, resolution=2880)
            Asset.objects.filter(organization=organization, type="service", sla=None).update(sla=critical)


def _policy(organization: Organization, name: str, **facts: bool) -> SlaPolicy | None:
    """A new policy; None when the organization has it already."""
    policy, is_new = SlaPolicy.objects.get_or_create(organization=organization, name=name, defaults=facts)
    return policy if is_new else None
