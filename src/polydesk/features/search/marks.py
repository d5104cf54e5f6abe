"""Documents that a release has written which knows no mark yet: they are given theirs.

Searches find marked documents alone, so the migration marks all that are there, and the worker those that processes of
the release before write while both run side by side (RS-184)."""

# ruff: noqa: S608 - texts are made of constants; values are bound
from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from polydesk import jobs
from polydesk.web.statements import Both, Row, fetch_all, fetch_one, listed, run

from .words import MARK

STEP = 500
"""So many at once: nobody who writes one of them waits longer than a step takes (RS-183)."""
PAUSE = 0.3
"""For so much of a step's time others may write before the next."""
UNSEEN = 2_000
"""Events may become visible after others with higher numbers: so many are looked at again."""

_MARKED = Both(f"d.public @@ '''{MARK}'':*'::tsquery", f"instr(d.public, '{MARK}') > 0")
_LATE = Both(
    f"SELECT d.ticket_id FROM search_document d JOIN tickets_ticket t ON t.id = d.ticket_id WHERE NOT {_MARKED[0]}",
    f"SELECT d.rowid FROM search_document d JOIN tickets_ticket t ON t.id = d.rowid WHERE NOT {_MARKED[1]}",
)
_LAST_OF_STEP = Both(
    f"SELECT max(i) FROM (SELECT ticket_id AS i FROM search_document WHERE ticket_id > %s ORDER BY 1 LIMIT {STEP}) n",
    f"SELECT max(i) FROM (SELECT rowid AS i FROM search_document WHERE rowid > %s ORDER BY 1 LIMIT {STEP}) n",
)
_LATE_OF_STEP = Both(
    f"{_LATE[0]} AND d.ticket_id > %s AND d.ticket_id <= %s", f"{_LATE[1]} AND d.rowid > %s AND d.rowid <= %s"
)
_LATE_OF_EVENTS = Both(
    f"{_LATE[0]} AND d.ticket_id IN (SELECT e.ticket_id FROM tickets_event e WHERE e.id > %s)",
    f"{_LATE[1]} AND d.rowid IN (SELECT e.ticket_id FROM tickets_event e WHERE e.id > %s)",
)
_MARK = Both(
    f"""WITH late AS (
        SELECT d.ticket_id AS id, array_to_tsvector(ARRAY['{MARK}' || t.organization_id]) AS mark
        FROM search_document d JOIN tickets_ticket t ON t.id = d.ticket_id
        WHERE d.ticket_id = ANY(%s) AND NOT {_MARKED[0]} ORDER BY 1 FOR UPDATE OF d SKIP LOCKED)
    UPDATE search_document d SET public = d.public || late.mark, search_document = d.search_document || late.mark
    FROM late WHERE d.ticket_id = late.id""",
    f"""UPDATE search_document AS d SET public = d.public || ' {MARK}' ||
        (SELECT t.organization_id FROM tickets_ticket t WHERE t.id = d.rowid)
    WHERE d.rowid IN (SELECT value FROM json_each(%s)) AND NOT {_MARKED[1]}""",
)

_seen: int | None = None
"""Up to which event this process has looked; None before its first look at all there is."""


def mark_all(reached: Callable[[int], None] = lambda number: None) -> int:
    """Mark every document that has none, beside those who write; how many. What somebody holds is left out.

    `reached` is told after each step up to which ticket all are done."""
    done, last = 0, 0
    while (end := fetch_one(_LAST_OF_STEP, (last,))) and end[0]:
        began = time.monotonic()
        if marked := _mark(fetch_all(_LATE_OF_STEP, (last, end[0]))):
            done += marked
            time.sleep(PAUSE * (time.monotonic() - began))
        last = end[0]
        reached(last)
    return done


def _mark(late: list[Row]) -> int:
    """On SQLite an UPDATE takes the write lock even when it finds nothing, so it is not run for nothing."""
    return int(run(_MARK, (listed(i for (i,) in late),)).rowcount) if late else 0


@jobs.tick(every=dt.timedelta(minutes=1), name="search.marks", atomic=False)
def mark_late(due: dt.datetime) -> None:
    """Mark what processes of the release before have written; a worker looks through everything once."""
    global _seen
    newest = (fetch_one("SELECT max(id) FROM tickets_event") or (0,))[0] or 0
    if _seen is None:
        mark_all()
    else:
        _mark(fetch_all(_LATE_OF_EVENTS, (_seen - UNSEEN,)))
    _seen = newest
