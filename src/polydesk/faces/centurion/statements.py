"""The hot reads of this face as static text: one ticket, and a page of a list (PL-304).

What a caller sees in his organizations is the engine's own condition for each of them; values are bound."""

# ruff: noqa: S608
from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from polydesk.tickets.statements.visible import NOTHING, Condition, visible
from polydesk.web.statements import Both, Row, fetch_all, fetch_one, listed

from .auth import Caller

_MOMENTS = (
    *("created_at", "edited_at", "deleted_at", "closed_at"),
    *("planned_start", "planned_finish", "real_start", "real_finish"),
)
_LISTS = ("assigned_people", "assigned_teams", "watchers", "watching_teams")


class Shown(NamedTuple):
    """A ticket as far as this face shows it, under the names that the engine's own row has."""

    id: int
    organization_id: int
    kind: str
    status: str
    phase: str
    title: str
    description: str
    requester_id: int | None
    creator_id: int | None
    assignee_id: int | None
    category_id: int | None
    project_id: int | None
    milestone_id: int | None
    parent_id: int | None
    urgency: int | None
    impact: int | None
    priority_level: int | None
    external_system: str | None
    external_ref: str | None
    estimate: int | None
    time_spent: int
    created_at: dt.datetime
    edited_at: dt.datetime | None
    deleted_at: dt.datetime | None
    closed_at: dt.datetime | None
    planned_start: dt.datetime | None
    planned_finish: dt.datetime | None
    real_start: dt.datetime | None
    real_finish: dt.datetime | None
    assigned_people: list[int]
    assigned_teams: list[int]
    watchers: list[int]
    watching_teams: list[int]

    @property
    def pk(self) -> int:
        return self.id


def _columns(database: str) -> str:
    names = []
    for name in Shown._fields:
        if name in _LISTS:
            names.append(f"t.{name}::text" if database == "postgresql" else f"t.{name}")
        elif name in _MOMENTS:
            names.append(f"t.{name}" if database == "postgresql" else f't.{name} AS "{name} [utc]"')
        else:
            names.append(f"t.{name}")
    return f"SELECT {', '.join(names)} FROM tickets_ticket t WHERE "


_SELECT = Both(_columns("postgresql"), _columns("sqlite"))


def one(caller: Caller, kinds: Sequence[str], number: int) -> Shown | None:
    """A ticket of these kinds; deleted ones for whoever still sees them (CE-191)."""
    seen = _either(_seen(caller, deleted=False), _seen(caller, deleted=True))
    found = fetch_all(_one(seen.sql, len(kinds)), (*seen.values, *kinds, number))
    return _shown(found[0]) if found else None


def some(numbers: Sequence[int]) -> list[Shown]:
    """Tickets that were found before, in this order."""
    rows = fetch_all(_SOME, (listed(numbers),))
    found = {row[0]: row for row in rows}
    return [_shown(found[number]) for number in numbers if number in found]


class Plain:
    """All tickets of some kinds by number, to be counted and cut like a queryset."""

    def __init__(self, caller: Caller, kinds: Sequence[str], way: str) -> None:
        self._seen, self._kinds, self._way = _seen(caller, deleted=False), tuple(kinds), way

    def count(self) -> int:
        row = fetch_one(_count(self._seen.sql, len(self._kinds)), (*self._seen.values, *self._kinds))
        return int(row[0]) if row else 0

    def __getitem__(self, where: slice) -> list[Shown]:
        text = _page(self._seen.sql, len(self._kinds), self._way)
        values = (*self._seen.values, *self._kinds, where.stop - where.start, where.start)
        return [_shown(row) for row in fetch_all(text, values)]


def _seen(caller: Caller, *, deleted: bool) -> Condition:
    if caller.is_superuser:
        return Condition(f"t.deleted_at IS {'NOT ' if deleted else ''}NULL")
    return _either(*(visible(actor, deleted=deleted) for actor in caller.actors.values()))


def _either(*seen: Condition) -> Condition:
    if not seen:
        return NOTHING
    return Condition(
        "(" + " OR ".join(f"({one.sql})" for one in seen) + ")", tuple(value for one in seen for value in one.values)
    )


def _of_kinds(seen: str, kinds: int) -> str:
    return f"{seen} AND t.kind IN ({', '.join(['%s'] * kinds)})"


@lru_cache(maxsize=64)
def _one(seen: str, kinds: int) -> Both:
    return Both(*(f"{select} {_of_kinds(seen, kinds)} AND t.id = %s" for select in _SELECT))


@lru_cache(maxsize=64)
def _count(seen: str, kinds: int) -> str:
    return f"SELECT COUNT(*) FROM tickets_ticket t WHERE {_of_kinds(seen, kinds)}"


@lru_cache(maxsize=64)
def _page(seen: str, kinds: int, way: str) -> Both:
    wanted = f"{_of_kinds(seen, kinds)} ORDER BY t.id {way} LIMIT %s OFFSET %s"
    return Both(*(f"{select} {wanted}" for select in _SELECT))


_SOME = Both(
    f"{_SELECT.postgres} t.id = ANY(%s::bigint[])", f"{_SELECT.sqlite} t.id IN (SELECT value FROM json_each(%s))"
)


def _shown(row: Row) -> Shown:
    *plain, people, teams, watchers, watching = row
    return Shown(*plain, *(_list(text) for text in (people, teams, watchers, watching)))


def _list(text: str) -> list[Any]:
    return msgspec.json.decode(text) if text != "[]" else []  # type: ignore[no-any-return]
