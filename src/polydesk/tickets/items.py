"""The kinds of things that tickets can be linked to: `$device-3`, `$kb-7` (CE-170, CE-173).

Assets, teams, companies and the organization are known here; a feature adds its own (knowledge articles)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from polydesk.directory.models import Asset, Company, Organization, Team
from polydesk.directory.models.things import ASSET_TYPES

Lookup = Callable[[int, Iterable[int]], dict[int, str]]


@dataclass(frozen=True, slots=True)
class ItemKind:
    """A kind of thing. `names(organization_id, ids)` gives the names of those that exist there."""

    key: str
    label: str
    names: Lookup


ITEM_KINDS: dict[str, ItemKind] = {}


def register(key: str, label: str, names: Lookup) -> None:
    """Make a kind of thing linkable."""
    ITEM_KINDS[key] = ItemKind(key, label, names)


def names(organization_id: int, pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Name of each [kind, id] that exists in the organization. One query per kind."""
    by_kind: dict[str, set[int]] = {}
    for kind, number in pairs:
        by_kind.setdefault(kind, set()).add(number)
    return {
        (kind, number): name
        for kind, ids in by_kind.items()
        if kind in ITEM_KINDS
        for number, name in ITEM_KINDS[kind].names(organization_id, ids).items()
    }


def _assets(type_: str) -> Lookup:
    def look(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
        rows = Asset.objects.filter(organization_id=organization_id, type=type_, pk__in=ids)
        return dict(rows.values_list("pk", "name"))

    return look


def _teams(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
    return dict(Team.objects.filter(organization_id=organization_id, pk__in=ids).values_list("pk", "name"))


def _companies(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
    return dict(Company.objects.filter(organization_id=organization_id, pk__in=ids).values_list("pk", "name"))


def _organization(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
    return dict(Organization.objects.filter(pk__in=set(ids) & {organization_id}).values_list("pk", "name"))


for _type, _label in ASSET_TYPES:
    register(_type, _label, _assets(_type))
register("team", "Team", _teams)
register("company", "Company", _companies)
register("organization", "Organization", _organization)
