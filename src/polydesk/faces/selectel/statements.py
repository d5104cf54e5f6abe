"""The hot reads of this face as static text: one ticket, and a page without a search (PL-304).

What a token may see is the engine's own condition; the texts are put together of listed parts, values are bound."""

# ruff: noqa: S608
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from polydesk.directory.actors import Actor
from polydesk.tickets.kinds import CLOSED_PHASES, OPEN_PHASES
from polydesk.tickets.statements.visible import NOTHING, Condition, visible
from polydesk.web.statements import Both, Row, fetch_all

from .auth import is_client

decode = msgspec.json.decode
_COLUMNS = """t.id, t.phase, t.title, t.channel, t.access, t.access_projects{json}, t.products{json}, t.extra{json},
    t.split_from_id, t.created_at{created}, t.public_active_at{active}, t.closed_at{closed}, t.closed_by_system,
    t.rating{json}, t.latest_side, c.id, c.key, c.for_customers,
    (SELECT COUNT(*) FROM tickets_comment k WHERE k.ticket_id = t.id AND NOT k.internal AND k.deleted_at IS NULL
        AND k.type <> 'task' AND k.side <> 'customer' AND k.read_at IS NULL),
    COALESCE((SELECT k.side FROM tickets_comment k WHERE k.ticket_id = t.id AND k.type = 'opening' LIMIT 1),
        CASE WHEN t.requester_id IS NULL THEN t.creator_side ELSE COALESCE((SELECT m.side FROM directory_membership m
            WHERE m.person_id = t.requester_id AND m.organization_id = t.organization_id LIMIT 1), 'customer') END)
    FROM tickets_ticket t LEFT JOIN tickets_category c ON c.id = t.category_id"""
_SELECT = Both(
    "SELECT " + _COLUMNS.format(json="::text", created="", active="", closed=""),
    "SELECT "
    + _COLUMNS.format(json="", created=' AS "created [utc]"', active=' AS "active [utc]"', closed=' AS "closed [utc]"'),
)
ORDERS = {
    "created_at": "t.created_at {way}, t.id {way}",
    "public_active_at": "t.public_active_at {way} NULLS LAST, t.id {way}",
    "solved_at": "t.solved_at {way} NULLS LAST, t.id {way}",
    "pk": "t.id {way}",
}


class Filed(NamedTuple):
    """The category of a ticket."""

    pk: int
    key: str | None
    for_customers: bool


class Seen(NamedTuple):
    """A ticket as far as this face shows it, under the names that the engine's own row has."""

    pk: int
    phase: str
    title: str
    channel: str
    access: str
    access_projects: list[str]
    products: list[int]
    extra: dict[str, Any]
    split_from_id: int | None
    created_at: dt.datetime
    public_active_at: dt.datetime | None
    closed_at: dt.datetime | None
    closed_by_system: bool
    rating: dict[str, Any] | None
    latest_side: str
    category: Filed | None
    unread: int
    author_side: str

    @property
    def is_open(self) -> bool:
        return self.phase in OPEN_PHASES

    @property
    def is_closed(self) -> bool:
        return self.phase in CLOSED_PHASES


def one(actor: Actor, number: int) -> Seen | None:
    """A ticket that the token sees."""
    wanted = _seen(actor)
    found = fetch_all(_one(wanted.sql), (*wanted.values, number))
    return _shown(found[0]) if found else None


def page(actor: Actor, phases: Condition, order: str, way: str, start: int, size: int) -> list[Seen]:
    """A page, sorted and cut by number alone first, so that what is shown is read for its rows only."""
    wanted = _seen(actor)
    rows = fetch_all(
        _page(wanted.sql, phases.sql, ORDERS[order].format(way=way)),
        (*wanted.values, *phases.values, size, start),
    )
    return [_shown(row) for row in rows]


def _seen(actor: Actor) -> Condition:
    seen = visible(actor)
    if not is_client(actor):
        return seen
    own = Condition("t.company_id = %s", (actor.company_id,)) if actor.company_id else NOTHING
    return Condition(f"{seen.sql} AND {own.sql}", (*seen.values, *own.values))


@lru_cache(maxsize=64)
def _one(seen: str) -> Both:
    return Both(*(f"{select} WHERE {seen} AND t.id = %s" for select in _SELECT))


@lru_cache(maxsize=256)
def _page(seen: str, phases: str, order: str) -> Both:
    numbers = f"SELECT t.id FROM tickets_ticket t WHERE {seen} AND {phases} ORDER BY {order} LIMIT %s OFFSET %s"
    return Both(*(f"{select} WHERE t.id IN ({numbers}) ORDER BY {order}" for select in _SELECT))


def _shown(row: Row) -> Seen:
    (number, phase, title, channel, access, projects, products, extra, split_from, created_at, active_at, closed_at,
     by_system, rating, side, category, key, offered, unread, author_side) = row  # fmt: skip
    return Seen(
        number,
        phase,
        title,
        channel,
        access,
        *_lists((projects, products)),
        decode(extra) if extra != "{}" else {},
        split_from,
        created_at,
        active_at,
        closed_at,
        bool(by_system),
        decode(rating) if rating else None,
        side,
        Filed(category, key, bool(offered)) if category else None,
        unread,
        author_side,
    )


def _lists(texts: Sequence[str]) -> Iterable[list[Any]]:
    return (decode(text) if text != "[]" else [] for text in texts)
