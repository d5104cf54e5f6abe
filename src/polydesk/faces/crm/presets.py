"""The lists behind preset values: what may be chosen, with ids and labels (CR-046 … CR-053, RC-162, RC-348)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from polydesk.directory.models import Membership, Person, Team
from polydesk.tickets.kinds import PRIORITIES, STATUSES
from polydesk.tickets.models import Category, Priority, Status

from .fields import (
    ADDED_FROM,
    LISTED_PRIORITIES,
    LISTED_STATUSES,
    PRIORITY_LABELS,
    SHIPPED_TYPES,
    STATUS_LABELS,
    same,
)


@dataclass(frozen=True, slots=True)
class Preset:
    """One entry of a list: its number and label here, and what it stands for in the core."""

    id: int
    name: str
    stands_for: Any


def statuses(organization_id: int) -> list[Preset]:
    """The seven shipped ones, then those that an administrator put into the list."""
    shipped = [Preset(n, STATUS_LABELS[key], key) for n, key in enumerate(LISTED_STATUSES, start=1)]
    rows = Status.objects.filter(organization_id=organization_id, is_active=True, in_crm_list=True)
    added = rows.exclude(key__in=LISTED_STATUSES).order_by("position", "id").values_list("id", "key", "name")
    return shipped + [
        Preset(ADDED_FROM + number, STATUS_LABELS[key] if key in STATUSES else name, key) for number, key, name in added
    ]


def priorities(organization_id: int) -> list[Preset]:
    """The four shipped ones, then the active rows of the organization."""
    shipped = [Preset(n, PRIORITY_LABELS[key], key) for n, key in enumerate(LISTED_PRIORITIES, start=1)]
    rows = Priority.objects.filter(organization_id=organization_id, is_active=True).exclude(key__in=PRIORITIES)
    added = rows.order_by("level", "position", "id").values_list("id", "key", "name")
    return shipped + [Preset(ADDED_FROM + number, name, key) for number, key, name in added]


def types(organization_id: int) -> list[Preset]:
    """The categories in the CRM list."""
    rows = Category.objects.filter(organization_id=organization_id, is_active=True, in_crm_list=True)
    return [Preset(n, name, n) for n, name in rows.order_by("position", "id").values_list("id", "name")]


def agents(organization_id: int) -> QuerySet[Person]:
    """Who can own or work on a ticket here: active staff (RC-241)."""
    staff = Q(
        memberships__organization_id=organization_id,
        memberships__side=Membership.STAFF,
        memberships__is_active=True,
    )
    return Person.objects.filter(staff, is_active=True, is_system=False).order_by("id")


def owners(organization_id: int) -> list[Preset]:
    """Agents by login name."""
    return [Preset(person.pk, person.username, person.pk) for person in agents(organization_id)]


def departments(organization_id: int) -> list[Preset]:
    """Active teams by name."""
    rows = Team.objects.filter(organization_id=organization_id, is_active=True).order_by(F("name"), "id")
    return [Preset(n, name, n) for n, name in rows.values_list("id", "name")]


def chosen(presets: list[Preset], value: object) -> Preset | None:
    """The entry that a label, an id or an id as digits names; a label goes first."""
    if isinstance(value, str):
        found = next((preset for preset in presets if same(preset.name, value)), None)
        text = value.strip()
        if found or not (text.isascii() and text.isdigit() and len(text) < 19):
            return found
        value = int(text)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return next((preset for preset in presets if preset.id == value), None)


def ship(organization_id: int) -> None:
    """Give an organization the ticket types that this API ships (CR-048); what is there already joins the list."""
    for key, label in SHIPPED_TYPES:
        known = Category.objects.filter(organization_id=organization_id).filter(Q(key=key) | Q(name__iexact=label))
        if not known.filter(in_crm_list=True).exists():
            row = known.order_by("id").first() or Category(organization_id=organization_id, key=key, name=label)
            row.in_crm_list = True
            row.save()
