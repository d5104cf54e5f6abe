"""On PostgreSQL a process that has written rings, and hubs hear it: nobody asks every second (PL-108).

A NOTIFY inside the writing transaction would make all commits of the cluster take turns, flush included (see
docs/decisions/live-rings-after-the-commit.md). So it is sent after the commit, by a thread of its own, for all that
was written in the meantime: no write waits for it. A ring that is lost costs a delay and nothing else, since a hub
that hears nothing still looks now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import psycopg
import structlog
from django.db import DatabaseError, connection, transaction

from polydesk.tickets.edits import Recorded
from polydesk.web import stopping
from polydesk.web.statements import run

CHANNEL = "polydesk_live"
APART = 0.05
IDLE = 5.0
SLICE = 0.25
# Without a ring: lapsed presence, and the work of a process that died before it could ring.
REST = 5.0
RETRY = 5.0
ECHO = 2.0
log = structlog.get_logger("polydesk.live")


class Bell:
    """Rings for this process: at most one statement in APART, however much is written."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.due: set[int] = set()
        self.thread: threading.Thread | None = None

    def ring(self, organization_id: int) -> None:
        """Soon; the caller goes on."""
        with self.changed:
            self.due.add(organization_id)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._work, daemon=True, name="live-bell")
                self.thread.start()
            self.changed.notify_all()

    def _work(self) -> None:
        while not stopping.STOP.is_set():
            with self.changed:
                if not self.due and not self.changed.wait(IDLE) and not self.due:
                    self.thread = None
                    return
                due, self.due = self.due, set()
            try:
                run("SELECT pg_notify(%s, one::text) FROM unnest(%s::bigint[]) AS one", (CHANNEL, list(due)))
            except DatabaseError as error:
                log.warning("live.not_rung", error=str(error))
            finally:
                connection.close()
            stopping.STOP.wait(APART)


BELL = Bell()


def ring(organization_id: int) -> None:
    """Once this transaction is committed, hubs are told that something is new in the organization."""
    if connection.vendor == "postgresql":
        transaction.on_commit(lambda: BELL.ring(organization_id), robust=True)


def ring_of(recorded: Sequence[Recorded]) -> None:
    """A listener of tickets.edits."""
    for organization_id in {one.event.organization_id for one in recorded}:
        ring(organization_id)


class Ear:
    """A hub's own connection that listens. Deaf on SQLite, while the database is away, and behind a pooler that keeps
    no session; a deaf hub asks every `pace` seconds."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.deaf_until = 0.0
        self.heard = False

    def wait(self, pace: float, enough: Callable[[], bool]) -> None:
        """Until there may be something new. After a ring only `pace` long: a transaction that was still running may
        have held it back."""
        if not self._listens():
            stopping.STOP.wait(pace)
            return
        ends = time.monotonic() + (pace if self.heard else REST)
        self.heard = False
        while time.monotonic() < ends and not enough() and not stopping.STOP.is_set():
            if self._hears(min(SLICE, max(0.0, ends - time.monotonic()))):
                self.heard = True
                return
            if self.line is None:
                return

    def close(self) -> None:
        """The hub listens no more."""
        if self.line is not None:
            self.line.close()
            self.line = None

    def _listens(self) -> bool:
        if connection.vendor != "postgresql":
            return False
        if self.line is None and time.monotonic() >= self.deaf_until:
            self.line = Line.open()
            self.deaf_until = time.monotonic() + RETRY
            # What was written before the line stood has rung for nobody: look once more, soon.
            self.heard = True
        return self.line is not None

    def _hears(self, seconds: float) -> bool:
        heard = self.line.hears(seconds) if self.line is not None else None
        if heard is None:
            self.close()
            self.deaf_until = time.monotonic() + RETRY
        return bool(heard)


class Line:
    """One listening connection beside the pool: it stays open as long as somebody looks."""

    def __init__(self, raw: psycopg.Connection) -> None:
        self.raw = raw

    @classmethod
    def open(cls) -> Line | None:
        """None when the database is away, or does not answer its own ring."""
        try:
            facts = {**connection.get_connection_params(), "application_name": "polydesk live"}
            raw = psycopg.connect(**facts, autocommit=True)
        except psycopg.Error:
            return None
        line = cls(raw)
        try:
            raw.execute(f"LISTEN {CHANNEL}")
            raw.execute("SELECT pg_notify(%s, '')", (CHANNEL,))
            if line.hears(ECHO):
                return line
        except psycopg.Error:
            pass
        line.close()
        return None

    def hears(self, seconds: float) -> bool | None:
        """Was there a ring? None when the line is dead."""
        try:
            return any(True for _ring in self.raw.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error:
            return None

    def close(self) -> None:
        """Hang up."""
        self.raw.close()
