"""Up to which number a table is settled: whoever pages by rising number misses nothing at or below it.

PostgreSQL gives numbers at the insert and shows rows at the commit, so that 6 may be seen while 5 is still being
written; a reader who goes on behind 6 would never get 5. Who may hold an unseen number holds the table's insert lock as
well, taken before the number and kept until the end: once everybody is gone who held it when the last number was read,
all numbers up to that one are as they will be. Nobody is locked out, and writers pay nothing."""

from __future__ import annotations

import time

from polydesk.web.statements import fetch_all, fetch_one, vendor

PATIENCE = 2.0
"""Seconds to wait for writers; what they hold longer is shown once they are done."""
_PAUSE = 0.002

_LAST = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence(%s::text, 'id')::regclass), 0)"
_WRITERS = """SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = %s::text::regclass AND mode = 'RowExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()"""

_known: dict[str, int] = {}


def is_known(table: str, number: int) -> bool:
    """Was the table found settled up to this number before? On SQLite one writer follows the other: it always is."""
    return vendor() != "postgresql" or number <= _known.get(table, 0)


def up_to(table: str) -> int:
    """The number up to which nothing of the table is still on its way; what is read afterwards is complete up to it."""
    last = _last(table)
    if last == _known.get(table):
        return last
    if _gone(_writers(table), table):
        _known[table] = last
        return last
    return _known.get(table, last)


def _last(table: str) -> int:
    row = fetch_one(_LAST, (table,))
    return int(row[0]) if row else 0


def _writers(table: str) -> set[str]:
    return {str(row[0]) for row in fetch_all(_WRITERS, (table,))}


def _gone(writers: set[str], table: str) -> bool:
    deadline = time.monotonic() + PATIENCE
    while writers and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        writers &= _writers(table)
    return not writers
