"""Reading tickets by static text: one, a page by key, rows by id, a capped count (PL-301, PL-304)."""

# ruff: noqa: S608 - texts are put together of listed parts; values are bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from polydesk.directory.actors import Actor
from polydesk.web.statements import Both, Row, fetch_all, fetch_one, listed

from .columns import COLUMNS, Column
from .visible import Condition, Walk, visible


@dataclass(frozen=True, slots=True)
class Order:
    """A key to walk a list by; the id always decides between equals. `empty` stands in for NULL."""

    name: str
    expression: str = "t.id"
    sqlite: str = ""
    """SQLite's expression where it differs."""
    is_moment: bool = False

    @property
    def by_id(self) -> bool:
        """Is the key the id itself?"""
        return self.expression == "t.id"


ORDERS: dict[str, Order] = {
    order.name: order
    for order in (
        Order("id"),
        Order("created_at", "t.created_at", is_moment=True),
        Order("updated_at", "t.active_at", is_moment=True),
        Order("edited_at", "t.edited_at", is_moment=True),
        Order("title", "t.title"),
        Order("priority", "COALESCE(t.priority_level, 0)"),
        Order(
            "due_at",
            "COALESCE(t.due_at, '9999-12-31 23:59:59+00'::timestamptz)",
            "COALESCE(t.due_at, '9999-12-31 23:59:59')",
            is_moment=True,
        ),
    )
}
"""What lists may be sorted by; id, updated, edited and title walk an index of the organization."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a page with the value of the key it was found by."""

    row: Row
    key: tuple[Any, ...]


class Reading:
    """A choice of fields, compiled once. Rows come as plain values, then JSON texts, then id and name of references."""

    def __init__(self, names: Sequence[str]) -> None:
        chosen = [COLUMNS[name] for name in names]
        parts = [[c for c in chosen if c.sort == sort] for sort in ("plain", "json", "reference")]
        self.plain, self.json, self.references = (tuple(c.name for c in part) for part in parts)
        self.names = (*self.plain, *self.json, *self.references)
        columns: list[Column] = [column for part in parts for column in part]
        self.width = len(self.plain) + len(self.json) + 2 * len(self.references)
        self.select = Both(
            "SELECT " + ", ".join(c.postgres for c in columns), "SELECT " + ", ".join(c.sqlite for c in columns)
        )

    def one(self, actor: Actor, ticket_id: int, *, deleted: bool = False) -> Row | None:
        """One visible ticket, None when there is none. One statement."""
        if not 0 < ticket_id < 2**63:
            return None
        seen = visible(actor, deleted=deleted)
        return fetch_one(_one(self.select, seen.sql), (ticket_id, *seen.values))

    def page(
        self,
        actor: Actor,
        *,
        conditions: Sequence[Condition] = (),
        order: Order = ORDERS["id"],
        descending: bool = True,
        after: Sequence[Any] | None = None,
        limit: int = 50,
        deleted: bool = False,
    ) -> list[Found]:
        """At most `limit` visible tickets behind the key `after`, in order. One statement."""
        walked, walk = _walked(conditions) if order.by_id else (None, None)
        wanted = [visible(actor, deleted=deleted), *(c for c in conditions if c is not walked)]
        where = " AND ".join(condition.sql for condition in wanted)
        values = [value for condition in (walked, *wanted) if condition for value in condition.values]
        text = _page(self.select, where, order, descending, after is not None, walk)
        rows = fetch_all(text, (*values, *(after or ()), limit))
        width = self.width
        return [Found(row[:width], row[width:]) for row in rows]

    def these(self, ids: Sequence[int]) -> list[Row]:
        """These tickets in the order of the ids; what may be seen has been asked before. One statement."""
        rows = fetch_all(_these(self.select), (listed(ids),))
        found = {row[-1]: row[:-1] for row in rows}
        return [found[number] for number in ids if number in found]


def _walked(conditions: Sequence[Condition]) -> tuple[Condition | None, Walk | None]:
    """The condition whose finds are better walked, and how; its values come first."""
    for condition in conditions:
        if condition.walk and (walk := condition.walk()):
            return condition, walk
    return None, None


@lru_cache(maxsize=256)
def _one(select: Both, seen: str) -> Both:
    return Both(*(f"{text} FROM tickets_ticket t WHERE t.id = %s AND {seen}" for text in select))


@lru_cache(maxsize=512)
def _page(select: Both, where: str, order: Order, descending: bool, continued: bool, walk: Walk | None) -> Both:
    down = "DESC" if descending else "ASC"
    texts = []
    typed = ' AS "key [utc]"' if order.is_moment else ""
    rows = walk.rows.format(down=down) if walk else "tickets_ticket t"
    postgres = (select.postgres, walk.key if walk else order.expression, "")
    sqlite = (select.sqlite, walk.key if walk else order.sqlite or order.expression, typed)
    for text, key, alias in (postgres, sqlite):
        keys = (key,) if order.by_id else (key, "t.id")
        shown = (key + alias,) if order.by_id else (key + alias, "t.id")
        behind = f" AND ({', '.join(keys)}) {'<' if descending else '>'} ({', '.join(['%s'] * len(keys))})"
        sorting = ", ".join(f"{k} {down}" for k in keys)
        texts.append(
            f"{text}, {', '.join(shown)} FROM {rows} WHERE {where}{behind if continued else ''} "
            f"ORDER BY {sorting} LIMIT %s"
        )
    return Both(*texts)


@lru_cache(maxsize=64)
def _these(select: Both) -> Both:
    return Both(
        f"{select.postgres}, t.id FROM tickets_ticket t WHERE t.id = ANY(%s)",
        f"{select.sqlite}, t.id FROM tickets_ticket t WHERE t.id IN (SELECT value FROM json_each(%s))",
    )


def count(
    actor: Actor, conditions: Sequence[Condition] = (), *, most: int | None = 1000, deleted: bool = False
) -> tuple[int, bool]:
    """How many visible tickets fit, and whether the counting stopped at `most` ("1,000+"). One statement."""
    wanted = (visible(actor, deleted=deleted), *conditions)
    values = [value for condition in wanted for value in condition.values]
    row = fetch_one(
        _count(" AND ".join(c.sql for c in wanted), most is not None), (*values, *([most + 1] if most else ()))
    )
    number = int(row[0]) if row else 0
    return (most, True) if most is not None and number > most else (number, False)


@lru_cache(maxsize=256)
def _count(where: str, capped: bool) -> str:
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM tickets_ticket t WHERE {where}{' LIMIT %s' if capped else ''}) f"


def one_id(actor: Actor, ticket_id: int) -> tuple[int, int | None] | None:
    """The number of a visible ticket and the one it was merged into, for requests that need no more (RC-249)."""
    seen = visible(actor)
    if not 0 < ticket_id < 2**63:
        return None
    row = fetch_one(_one(_ID, seen.sql), (ticket_id, *seen.values))
    return (row[0], row[1]) if row else None


_ID = Both("SELECT t.id, t.merged_into_id", "SELECT t.id, t.merged_into_id")
