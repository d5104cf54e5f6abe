"""A query asked of tickets as they once were: their rows of that time stand before the tables, in one statement that
only reads, so that the language of lists has no second meaning.

Moments are moved along, so that `created<7d` is counted from then. Words, files and clocks are found as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db.models import Model

from polydesk.directory import actors
from polydesk.tickets.edits import COLUMN_OF, PEOPLE_LISTS, decode
from polydesk.tickets.models import Event, Participant, Ticket, TicketTag
from polydesk.web.statements import run, vendor

from . import abilities

Row = dict[str, Any]
_TABLES: tuple[type[Model], ...] = (Ticket, Participant, TicketTag)


def step_back(row: Row, event: Event) -> None:
    """Make of the row after an event the row before it."""
    for name, change in event.changes.items():
        if name in COLUMN_OF:
            row[COLUMN_OF[name]] = decode(name, change[0])


def found(organization_id: int, query: str, rows: Sequence[tuple[Row, dt.datetime]], now: dt.datetime) -> set[int]:
    """Which of these tickets the query would have found, each as it was at its moment; a ticket may come once."""
    wanted = abilities.find(actors.system(organization_id), query).order_by().values("pk")
    text, values = wanted.query.sql_with_params()
    moved = [_moved(row, now - moment) for row, moment in rows]
    stand_ins = (moved, *_lists(moved))
    tables = ", ".join(f'"{model._meta.db_table}" AS ({_table(model)})' for model in _TABLES)
    arguments = [msgspec.json.encode(one).decode() for one in stand_ins]
    return {pk for (pk,) in run(f"WITH {tables} {text}", [*arguments, *values]).fetchall()}


def _moved(row: Row, by: dt.timedelta) -> Row:
    return {name: value + by if isinstance(value, dt.datetime) else value for name, value in row.items()}


def _lists(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that repeat the lists of these tickets."""
    participants, tags = [], []
    for row in rows:
        for name, (part, column) in PEOPLE_LISTS.items():
            participants += [{"ticket_id": row["id"], "part": part, column: pk} for pk in row[name]]
        tags += [{"ticket_id": row["id"], "tag_id": pk} for pk in row["tags"]]
    return participants, tags


def _table(model: type[Model]) -> str:
    """A query that makes rows of this model out of a JSON list."""
    if vendor() == "postgresql":
        return f'SELECT * FROM jsonb_populate_recordset(NULL::"{model._meta.db_table}", %s::text::jsonb)'  # noqa: S608
    return f"SELECT {', '.join(_sqlite_columns(model))} FROM json_each(%s)"  # noqa: S608 - names of our own columns


def _sqlite_columns(model: type[Model]) -> Iterable[str]:
    for column in model._meta.concrete_fields:
        value = f"json_extract(value, '$.{column.column}')"
        if column.get_internal_type() == "DateTimeField":  # as Django stores moments: in UTC, without saying so
            value = f"replace(replace({value}, 'T', ' '), 'Z', '')"
        yield f'{value} AS "{column.column}"'


def rows_now(tickets: Any) -> dict[int, Row]:
    """The rows of these tickets as they are, by their numbers."""
    return {row["id"]: row for row in tickets.values()}
