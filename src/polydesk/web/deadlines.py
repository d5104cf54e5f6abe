"""No request waits for ever on the database: a watchdog per web process (RS-161, RS-162).

After its deadline a request's statement is cancelled, and with it the transaction is rolled back: by default after five
seconds for what only reads (lists, search), thirty for the rest. What still runs after a minute is beyond help, such as
a commit that waits for a standby and cannot be cancelled: the process ends and its parent raises another. When the
database does not even accept a connection, waiting requests are cut off at once, and new ones are told so at the door.

Statements are cancelled from outside instead of by `statement_timeout`: that costs no statement per request, holds no
state in a session (PgBouncer), and serves SQLite alike."""

import contextlib
import logging
import os
import socket
import threading
import time
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

log = logging.getLogger("polydesk.deadlines")

HARD = 60.0
# A request that has waited so long is reason to ask whether the database is there at all.
DOUBT_AFTER = 0.3
CUT_AFTER = 1.4
# SQLite: how long to wait for the write lock while nobody who holds it commits.
PATIENCE = 1.2
_TICK = 0.2
_ASK_FOR = 2
_ASK_AGAIN = 1.0
_EXIT_STATUS = 70


class Watch:
    """One running request and what its thread holds of the database; the lock keeps the next request from harm."""

    __slots__ = ("began", "deadline", "lock", "over", "wrapper")

    def __init__(self, reading: bool) -> None:
        self.began = time.monotonic()
        name, default = ("POLYDESK_DEADLINE_READING", 5) if reading else ("POLYDESK_DEADLINE", 30)
        self.deadline: float = getattr(settings, name, default)
        self.wrapper: Any = connections["default"]
        self.lock = threading.Lock()
        self.over = False


class Watchdog:
    """Looks at all running requests a few times a second."""

    def __init__(self) -> None:
        self.running: set[Watch] = set()
        self.started = False
        self.away = False
        self._asked: float | None = None
        self._answered = 0.0
        self._ask = threading.Event()

    def start(self) -> None:
        """Called by the web process alone: tests and commands may take their time."""
        if not self.started:
            self.started = True
            engine: Any = type(connections["default"])
            if hasattr(engine, "patience"):
                engine.patience = PATIENCE
            for loop in (self._look_for_ever, self._ask_for_ever):
                threading.Thread(target=loop, daemon=True, name="watchdog").start()

    @contextlib.contextmanager
    def watching(self, *, reading: bool) -> Any:
        watch = Watch(reading)
        self.running.add(watch)
        try:
            yield
        finally:
            self.running.discard(watch)
            with watch.lock:
                watch.over = True

    def look(self, now: float) -> None:
        """One round."""
        oldest = min((watch.began for watch in list(self.running)), default=now)
        if now - oldest > HARD:
            log.error("a request did not end within %d seconds: this process is replaced", HARD)
            os._exit(_EXIT_STATUS)
        if self.started and (self.away or now - oldest > DOUBT_AFTER):
            self._doubt(now)
        else:
            self._asked = None
        for watch in list(self.running):
            age = now - watch.began
            if self.away and age > CUT_AFTER:
                _with_its_connection(watch, cut)
            elif age > watch.deadline:
                _with_its_connection(watch, cancel)

    def _doubt(self, now: float) -> None:
        """Have the database asked; without an answer in time it is away."""
        if self._asked is None:
            if now - self._answered > _ASK_AGAIN:
                self._asked = now
                self._ask.set()
        elif now - self._asked > CUT_AFTER - DOUBT_AFTER and not self.away:
            self.away = True
            log.error("the database does not answer")

    def _look_for_ever(self) -> None:
        while True:
            time.sleep(_TICK)
            try:
                self.look(time.monotonic())
            except Exception:
                log.exception("the watchdog stumbled")

    def _ask_for_ever(self) -> None:
        while True:
            self._ask.wait()
            self._ask.clear()
            while not answers():
                self.away = True
                time.sleep(_TICK)
            if self.away:
                log.warning("the database answers again")
            self.away, self._asked, self._answered = False, None, time.monotonic()


WATCHDOG = Watchdog()


def answers() -> bool:
    """Does the database take a connection? SQLite is a file and always there."""
    wrapper: Any = connections["default"]
    if wrapper.vendor != "postgresql":
        return True
    try:
        psycopg.connect(**wrapper.get_connection_params() | {"connect_timeout": _ASK_FOR}).close()
    except psycopg.OperationalError as error:
        # A server without a free place has answered, and its other connections work.
        return any(words in str(error) for words in ("too many", "remaining connection slots"))
    return True


def _with_its_connection(watch: Watch, act: Any) -> None:
    with watch.lock:
        raw = None if watch.over else watch.wrapper.connection or getattr(watch.wrapper, "held", None)
        if raw is not None:
            with contextlib.suppress(Exception):
                act(raw)


def cancel(raw: Any) -> None:
    """Stop the running statement; its thread gets an OperationalError."""
    if hasattr(raw, "interrupt"):
        raw.interrupt()
    else:
        raw.cancel_safe(timeout=1.0)


def cut(raw: Any) -> None:
    """Break the connection under a thread that waits for a dead server."""
    if hasattr(raw, "pgconn"):
        with socket.socket(fileno=os.dup(raw.pgconn.socket)) as wire:
            wire.shutdown(socket.SHUT_RDWR)
