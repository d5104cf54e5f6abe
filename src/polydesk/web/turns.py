"""Turns: how many requests a web process works on at once, and whose is next (RS-164).

Python works on one request at a time whatever the threads do: many at once only take the interpreter from each other,
and each takes longer. So a few have a place, and the others wait in one line per organization; the lines take turns.
What holds its place for long waits for the database rather than for this process: as many others may begin instead, so
that all know within moments that it is away (RS-161).

While only one organization is here it has every place. In company each has one, and pauses after each request for as
long as it took, so that one without a pause leaves half of the time to the others.

Whose a request is must be known before anything reads it: a credential is remembered with the organization that it was
found to belong to, and those still unknown stand in one line."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from polydesk.web.middleware import refuse
from polydesk.web.problems import Problem

CREDENTIALS = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_SECRET", "HTTP_X_AUTH_TOKEN", "HTTP_X_TOKEN")
PLACES = {"sqlite": 1, "postgresql": 8}
"""PostgreSQL works in a process of its own: meanwhile there is time for other requests."""
PLACES_IN_COMPANY = 2
"""So that one request of somebody else's need not be over before the next one's begins."""
COMPANY = 10.0
"""Seconds for which an organization that asked for something counts as being here."""
LONG = 0.1
_UNKNOWN = 0
_MOST_KNOWN = 50_000


class Turns:
    """The middleware: one turn for each request that brings a credential."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        threads, streams = getattr(settings, "POLYDESK_THREADS", 32), getattr(settings, "POLYDESK_STREAMS", 0)
        # Whoever waits holds a thread. A quarter is left to others; all streams may come back at the same moment.
        self.answer, self.queue = answer, Queue(PLACES[connection.vendor], most=max(4, threads * 3 // 4) + streams)
        self.known: dict[int, int] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        credential = credential_of(request.META)
        if not credential:
            return self.answer(request)
        whose = self.known.get(credential, _UNKNOWN)
        turn = self.queue.enter(whose)
        if turn is None:
            return refuse(request, Problem("unavailable", "Too many requests at once.", headers={"Retry-After": "2"}))
        try:
            response = self.answer(request)
        finally:
            self.queue.leave(turn)
        organization = getattr(getattr(request, "actor", None), "organization_id", whose)
        if organization != whose:
            self._remember(credential, organization)
        return response

    def _remember(self, credential: int, organization: int) -> None:
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[credential] = organization


def credential_of(meta: dict[str, Any]) -> int:
    """A number for what a request proves itself by, 0 without; not the secret itself."""
    for name in CREDENTIALS:
        if value := meta.get(name):
            return hash(value)
    return 0


@dataclass(slots=True, eq=False)
class Turn:
    """One request's; it began when its place was given to it."""

    whose: int
    began: float = 0.0
    given: Any = None
    """A lock that is released with the place."""


class Queue:
    """Who is worked on in this process; `most`: how many of one organization may wait."""

    def __init__(self, places: int, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.places, self.most, self.clock = places, most, clock
        self.lock = threading.Lock()
        self.running: list[Turn] = []
        self.lines: dict[int, deque[Turn]] = {}
        self.free_at: dict[int, float] = {}
        self.latest = self.other = (-1, float("-inf"))  # the last two organizations that came, and when

    def enter(self, whose: int) -> Turn | None:
        """The request's turn, once it has come; None when too many of its own wait already."""
        turn = Turn(whose)
        with self.lock:
            now = self.clock()
            if whose != _UNKNOWN:
                if self.latest[0] != whose:
                    self.other = self.latest
                self.latest = (whose, now)
            if whose not in self.lines and self._may_begin(whose, now):
                self._begin(turn, now)
                return turn
            if len(self.lines.get(whose, ())) >= self.most:
                return None
            turn.given = given = threading.Lock()
            given.acquire()
            self.lines.setdefault(whose, deque()).append(turn)
        while not turn.began:
            pause = self.free_at.get(whose, 0.0) - now
            if not given.acquire(timeout=min(pause, LONG) if pause > 0 else LONG):
                with self.lock:
                    self._hand_out(now := self.clock())
        return turn

    def leave(self, turn: Turn) -> None:
        with self.lock:
            self.running.remove(turn)
            if self.lines:
                now = self.clock()
                if self._in_company(turn.whose, now):
                    self.free_at[turn.whose] = now + min(now - turn.began, LONG)
                self._hand_out(now)
            elif self.free_at:
                self.free_at.clear()

    def _hand_out(self, now: float) -> None:
        """Give free places to those who are next; a line that got one goes behind the others."""
        for whose in list(self.lines):
            if not self._may_begin(whose, now):
                continue
            line = self.lines.pop(whose)
            turn = line.popleft()
            if line:
                self.lines[whose] = line
            self._begin(turn, now)
            if turn.given:
                turn.given.release()

    def _begin(self, turn: Turn, now: float) -> None:
        turn.began = now
        self.running.append(turn)

    def _may_begin(self, whose: int, now: float) -> bool:
        if not self.running and not self.free_at:
            return True
        held = [turn.whose for turn in self.running if now - turn.began < LONG]
        long = [turn.whose for turn in self.running if now - turn.began >= LONG]
        is_alone = not self._in_company(whose, now)
        if len(held) >= (self.places if is_alone else max(self.places, PLACES_IN_COMPANY)) + len(long):
            return False
        if is_alone:
            return True
        return held.count(whose) <= long.count(whose) // 2 and now >= self.free_at.get(whose, 0.0)

    def _in_company(self, whose: int, now: float) -> bool:
        company = self.other if self.latest[0] == whose else self.latest
        return now - company[1] < COMPANY
