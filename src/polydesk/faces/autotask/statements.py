"""The hot statements of this face: tickets as plain rows, moments as they are shown (AT-543, PL-304).

The texts are static; which tickets are seen, and which of them a filter wants, is asked before or bound."""

# ruff: noqa: S608 - texts are put together of columns of the models; values are bound
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Field

from polydesk.directory.actors import Actor
from polydesk.tickets.models import Ticket
from polydesk.tickets.statements.visible import visible
from polydesk.web.statements import Both, Row, fetch_all, fetch_one, listed

from . import auth

MOMENT = Both(
    """CASE WHEN {0} = date_trunc('second', {0}) THEN to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        ELSE to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END""",
    "replace(CASE WHEN length({0}) > 23 THEN substr({0}, 1, 23) ELSE {0} END, ' ', 'T') || 'Z'",
)
JSON = Both("NULLIF(NULLIF({0}, '{{}}'), '[]')", """NULLIF(NULLIF({0}, '{{}}'), '[]') AS "{0} [json]\"""")
BOOLEAN = Both("{0}", '{0} AS "{0} [bool]"')


class Rows:
    """A choice of columns, of tickets (`due_at`) and of their clocks (`clock__met`)."""

    def __init__(self, sources: Sequence[str]) -> None:
        columns = [column(source) for source in sources]
        self.ready = frozenset(source for source in sources if _is_ready(_field(source)))
        joined = any(source.startswith("clock__") for source in sources)
        join = " LEFT JOIN sla_clock c ON c.ticket_id = t.id" if joined else ""
        select = Both(
            *(f"SELECT {', '.join(texts)} FROM tickets_ticket t{join}" for texts in zip(*columns, strict=True))
        )
        self.key = list(sources).index("id")
        self.by_ids = Both(
            f"{select.postgres} WHERE t.id = ANY(%s)",
            f"{select.sqlite} WHERE t.id IN (SELECT value FROM json_each(%s))",
        )
        self.select = select

    def one(self, actor: Actor, number: int) -> list[Row] | None:
        """The ticket in a list, if it is seen; None where the security level has a word in that."""
        if auth.level(actor, "tickets.view") not in (None, "all"):
            return None
        if not 0 < number < 2**63:
            return []
        seen = visible(actor)
        row = fetch_one(_one(self.select, seen.sql), (number, *seen.values))
        return [row] if row else []

    def these(self, ids: Sequence[int]) -> list[Row]:
        """The tickets in the order of the ids."""
        found = {row[self.key]: row for row in fetch_all(self.by_ids, (listed(ids),))}
        return [found[number] for number in ids if number in found]


@lru_cache(maxsize=64)
def rows_of(sources: tuple[str, ...]) -> Rows:
    """The texts for a choice of columns; there are few choices, as clients ask for the same fields again and again."""
    return Rows(sources)


@lru_cache(maxsize=256)
def _one(select: Both, seen: str) -> Both:
    return Both(*(f"{text} WHERE t.id = %s AND {seen}" for text in select))


def column(source: str) -> Both:
    """How one source is read."""
    field = _field(source)
    name = f"{'c' if '__' in source else 't'}.{field.column}"
    shape = {"DateTimeField": MOMENT, "JSONField": JSON, "BooleanField": BOOLEAN}.get(field.get_internal_type())
    return Both(*(text.format(name) for text in shape)) if shape else Both(name, name)


def _field(source: str) -> Field[Any, Any]:
    found: Any = Ticket._meta
    *way, name = source.split("__")
    for part in way:
        found = found.get_field(part).related_model._meta
    return next(f for f in found.concrete_fields if name in (f.attname, f.name))


def _is_ready(field: Field[Any, Any]) -> bool:
    kind = field.get_internal_type()
    return kind != "JSONField" and (not field.null or kind not in ("CharField", "TextField"))
