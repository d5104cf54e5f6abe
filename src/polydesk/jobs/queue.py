"""Putting work into the job table, in the caller's transaction (RS-040)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from polydesk.jobs.registry import KINDS

_INSERT = """INSERT INTO jobs_job
    (kind, args, lane, "group", slots, key, due, tries, owner, created, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 0, '', %s, '')"""
_RETURNING = " ON CONFLICT DO NOTHING RETURNING id"
_ROWS_AT_ONCE = 50  # 8 values each: well under SQLite's limit of variables
_MANY = _INSERT[: _INSERT.index("VALUES")]
_VALUES = _INSERT[_INSERT.index("(%s") :]


def later(
    kind: str,
    args: Mapping[str, Any] | None = None,
    *,
    lane: str = "",
    group: str = "",
    due: datetime | None = None,
    key: str = "",
) -> int | None:
    """Asks for work; it begins after the caller's transaction has committed. The job's id.

    Jobs of one `lane` run one after the other in the order of their ids. Of one `group` at most as many run at once as
    the kind has slots. While a job of the same kind and `key` waits to be begun, nothing is added and None is returned.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + _RETURNING, _row(kind, args or {}, lane, group, due, key, timezone.now()))
        row = cursor.fetchone()
    return row[0] if row else None


def later_each(
    kind: str,
    args: Iterable[Mapping[str, Any]],
    *,
    lane: str = "",
    group: str = "",
    due: datetime | None = None,
) -> int:
    """The same for many at once, one statement per 50; how many were added."""
    now = timezone.now()
    rows = [_row(kind, one, lane, group, due, "", now) for one in args]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            values = [value for row in part for value in row]
            cursor.execute(_MANY + "VALUES " + ", ".join([_VALUES] * len(part)), values)
    return len(rows)


def _row(
    kind: str, args: Mapping[str, Any], lane: str, group: str, due: datetime | None, key: str, now: datetime
) -> tuple[Any, ...]:
    slots = KINDS[kind].slots  # a KeyError here: nobody has registered this kind
    text = msgspec.json.encode(args).decode()
    moment = connection.ops.adapt_datetimefield_value
    return (kind, text, lane, group, slots, key, moment(due or now), moment(now))
