"""Requests of the last hour, counted over all processes without a statement at each (AT-540, RS-160).

The hour is a ring of slots of ten seconds in the database, so what was counted leaves it again ten seconds after its
hour at the latest: the limit holds for every hour that begins anywhere. A process counts in memory and writes what it
has counted after a second. It writes at once when it has counted a 320th of the limit: sixteen processes that know
nothing of each other pass it by 5 % at most, and a small limit is kept to the letter."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress

from django.db import DatabaseError, connection

from .models import HourSlot

HOUR = 3600
SLOT = 10
PLACES = 384
"""More than an hour has slots, so that no place is needed twice within it."""
SHARE = 320
AFTER = 1.0
_TABLE = HourSlot._meta.db_table
_LAST = HOUR // SLOT + 1

_ADD = f"""INSERT INTO {_TABLE} AS s (organization_id, place, slot, used)
    VALUES (%(organization)s, %(place)s, %(slot)s, %(count)s)
    ON CONFLICT (organization_id, place) DO UPDATE SET
        used = excluded.used + CASE WHEN s.slot = excluded.slot THEN s.used ELSE 0 END, slot = excluded.slot
    RETURNING used + COALESCE((SELECT sum(o.used) FROM {_TABLE} o WHERE o.organization_id = %(organization)s
        AND o.place <> %(place)s AND o.slot > %(over)s), 0)"""  # noqa: S608 - the name of our own table


class Tally:
    """What one process knows of an organization's last hour."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self.lock = threading.Lock()
        self.total = self.pending = 0
        self.wait = 0
        self.refuses_until = 0.0
        self.timer: threading.Timer | None = None

    def take(self, most: int) -> int:
        """0, or the seconds to wait when the hour's requests are used up; what is refused does not count."""
        with self.lock:
            if time.monotonic() < self.refuses_until:
                return self.wait
            self.pending += 1
            if self.total + self.pending <= most and self.pending <= most // SHARE:
                self._write_soon()
                return 0
        if self.used() <= most:
            return 0
        total, wait = add(self.organization_id, -1), seconds_to_wait(self.organization_id)
        with self.lock:
            self.total, self.wait = total, wait
            self.refuses_until = time.monotonic() + min(AFTER, wait)
        return wait

    def used(self) -> int:
        """The hour's requests as the database knows them, with this process's own. Nobody waits for it meanwhile."""
        with self.lock:
            count, self.pending = self.pending, 0
        try:
            total = add(self.organization_id, count)
        except DatabaseError:
            with self.lock:
                self.pending += count
            raise
        with self.lock:
            self.total = total
        return total

    def _write_soon(self) -> None:
        """By a thread of its own; a count within somebody's transaction waits for the next one outside."""
        if self.timer is None and not connection.in_atomic_block:
            self.timer = threading.Timer(AFTER, self._write_late)
            self.timer.daemon = True
            self.timer.start()

    def _write_late(self) -> None:
        with self.lock:
            self.timer = None
        try:
            with suppress(DatabaseError):  # the database is away: the next request writes
                self.used()
        finally:
            connection.close()


def add(organization_id: int, count: int) -> int:
    """Requests of the last hour, these among them."""
    slot = int(time.time()) // SLOT
    names = {"organization": organization_id, "place": slot % PLACES, "slot": slot}
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {**names, "count": count, "over": slot - _LAST})
        return int(cursor.fetchone()[0])


def seconds_to_wait(organization_id: int) -> int:
    """Until the oldest requests of the hour are an hour old."""
    now = time.time()
    rows = HourSlot.objects.filter(organization_id=organization_id, used__gt=0, slot__gt=now // SLOT - _LAST)
    oldest = rows.order_by("slot").values_list("slot", flat=True).first()
    return max(1, math.ceil((oldest + _LAST) * SLOT - now)) if oldest is not None else 1


_tallies: dict[int, Tally] = {}


def of(organization_id: int) -> Tally:
    """The organization's tally in this process."""
    return _tallies.setdefault(organization_id, Tally(organization_id))


def forget() -> None:
    """Drops what this process knows (tests)."""
    for tally in _tallies.values():
        if tally.timer is not None:
            tally.timer.cancel()
    _tallies.clear()
