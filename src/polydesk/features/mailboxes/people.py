"""Whose an address is in an organization."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower

from polydesk.directory.models import Membership, Person


def of(organization_id: int, addresses: Iterable[str]) -> dict[str, list[Person]]:
    """Active people by address in lower case: members first, then contacts, the eldest first. Two statements."""
    here = Q(organization_id=organization_id) | Q(memberships__organization_id=organization_id)
    wanted = {address.lower() for address in addresses if address}
    people = Person.objects.annotate(low=Lower("email")).filter(here, low__in=wanted, is_active=True, is_system=False)
    found = list(people.select_related("organization").order_by("pk").distinct()) if wanted else []
    members = members_of(organization_id, found)
    by_address: dict[str, list[Person]] = {}
    for person in sorted(found, key=lambda one: one.pk not in members):
        by_address.setdefault(person.email.lower(), []).append(person)
    return by_address


def members_of(organization_id: int, people: Iterable[Person], **narrowed: str) -> set[int]:
    """Which of them act in the organization as members."""
    rows = Membership.objects.filter(
        person__in=list(people), organization_id=organization_id, is_active=True, **narrowed
    )
    return set(rows.values_list("person_id", flat=True))


def switched_off(organization_id: int, addresses: Iterable[str]) -> set[str]:
    """Addresses of people who may not act here any more."""
    rows = Person.objects.annotate(low=Lower("email")).filter(
        organization_id=organization_id, low__in=set(addresses), is_active=False
    )
    return set(rows.values_list("low", flat=True))
