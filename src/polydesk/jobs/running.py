"""A claimed job: taking it, renewing its lease, and the three ways it ends (RS-041).

Every UPDATE after the claim is fenced by owner and tries: when no row matches, somebody else has the job now, and what
was written in the same transaction is rolled back.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction

from polydesk.jobs import clock
from polydesk.jobs.models import Job
from polydesk.jobs.registry import KINDS

LEASE = timedelta(seconds=60)
JITTER = 0.2
_LONGEST_ERROR = 4000

_NEXT = """SELECT j.id FROM jobs_job j WHERE j.done IS NULL AND j.due <= %(now)s
    AND (j.lane = '' OR NOT EXISTS (
        SELECT 1 FROM jobs_job e WHERE e.lane = j.lane AND e.done IS NULL AND e.id < j.id))
    AND (j.slots = 0 OR j."group" = '' OR j."group" NOT IN (
        SELECT r."group" FROM jobs_job r WHERE r.done IS NULL AND r.owner > '' AND r.due > %(now)s
        GROUP BY r."group" HAVING count(*) >= max(r.slots)))
    ORDER BY j.due, j.id LIMIT 1"""
_CLAIM = f"""UPDATE jobs_job SET owner = %(owner)s, tries = tries + 1, due = %(until)s
    WHERE done IS NULL AND id = ({_NEXT} {{skip_locked}})
    RETURNING id, kind, args, lane, "group", slots, key, tries, created"""  # noqa: S608  our own text
_RUNNING_IN_GROUP = """SELECT count(*) FROM jobs_job
    WHERE "group" = %s AND done IS NULL AND owner > '' AND due > %s"""


class LostLease(Exception):
    """Another worker has taken the job: whatever this one did with the database is rolled back."""


class Running:
    """What a handler is given."""

    def __init__(self, row: tuple[Any, ...], owner: str) -> None:
        self.id: int
        self.kind: str
        self.tries: int
        self.created: datetime
        self.id, self.kind, args, self.lane, self.group, self.slots, self.key, self.tries, self.created = row
        self.args: dict[str, Any] = msgspec.json.decode(args) if isinstance(args, str) else args
        self.owner = owner
        self.result: Any = None
        self.finished = False

    @property
    def is_last_try(self) -> bool:
        known = KINDS.get(self.kind)
        return known is not None and self.tries > len(known.schedule)

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """`with job.finishing(): …` writes what came of it in one transaction with the mark that the job is done."""
        with transaction.atomic():
            yield
            self.finish()
        self.finished = True

    def finish(self) -> None:
        self._end(done=clock.now(), error="", result=self.result)

    def give_up(self, reason: str) -> None:
        self._end(done=clock.now(), error=reason[:_LONGEST_ERROR] or "given up")
        self.finished = True

    def put_off(self, reason: str, *, after: timedelta) -> None:
        """Tries again later. What waits behind it in its lane is put off too, so that nobody looks at it in vain."""
        due = clock.now() + after
        with transaction.atomic():
            self._end(owner="", due=due, error=reason[:_LONGEST_ERROR])
            if self.lane:
                Job.objects.waiting().filter(lane=self.lane, pk__gt=self.id, due__lt=due).update(due=due)
        self.finished = True

    def renew(self, lease: timedelta) -> bool:
        return bool(self._mine().update(due=clock.now() + lease))

    def next_wait(self) -> timedelta | None:
        """How long to wait before the next try; None after the last one."""
        schedule = KINDS[self.kind].schedule
        if self.tries > len(schedule):
            return None
        return timedelta(seconds=schedule[self.tries - 1] * random.uniform(1 - JITTER, 1 + JITTER))

    def _mine(self) -> Any:
        return Job.objects.waiting().filter(pk=self.id, owner=self.owner, tries=self.tries)

    def _end(self, **values: Any) -> None:
        if not self._mine().update(**values):
            raise LostLease(f"job {self.id}")


def claim(owner: str, *, now: datetime, lease: timedelta = LEASE) -> Running | None:
    """The next job that may run, leased to `owner`."""
    if not anything_due(now):  # on SQLite an UPDATE takes the write lock even when it finds nothing
        return None
    moment = connection.ops.adapt_datetimefield_value
    asked = time.monotonic()
    skip_locked = "FOR UPDATE OF j SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with transaction.atomic():
        # SQLite may have made us wait for its write lock: the lease begins now, not when we asked.
        now += timedelta(seconds=time.monotonic() - asked)
        args = {"owner": owner, "now": moment(now), "until": moment(now + lease)}
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM.format(skip_locked=skip_locked), args)
            row = cursor.fetchone()
        if row is None:
            return None
        running = Running(row, owner)
        if running.group and running.slots and not _has_slot(running, now):
            transaction.set_rollback(True)
            return None
    return running


def anything_due(now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"now": connection.ops.adapt_datetimefield_value(now)})
        return cursor.fetchone() is not None


def _has_slot(running: Running, now: datetime) -> bool:
    """Two workers may have taken the last slot at the same moment: count again, one after the other."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"jobs:{running.group}"])
        cursor.execute(_RUNNING_IN_GROUP, [running.group, connection.ops.adapt_datetimefield_value(now)])
        return bool(cursor.fetchone()[0] <= running.slots)
