"""Turns: an organization that never pauses leaves a web process free for the others (RS-164).

While only one organization is here, nothing is held. In company, whoever has several requests at once is worked on one
request after the other, and pauses after each for as long as it took, so that half of the time is the others'. What
takes long waits for the database rather than for this process, and does not hold the next one for ever. A request that
finds too many of its own waiting, or waits too long, is told to come again.

Whose a request is must be known before anything reads it: a credential is remembered with the organization that it was
found to belong to, and those still unknown are worked on as if they were one organization's."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from polydesk.web.middleware import refuse
from polydesk.web.problems import Problem

CREDENTIALS = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_SECRET", "HTTP_X_AUTH_TOKEN", "HTTP_X_TOKEN")
COMPANY = 10.0
"""Seconds for which an organization that asked for something counts as being here."""
LONG = 0.25
PATIENCE = 2.0
_UNKNOWN = 0
_MOST_KNOWN = 50_000


class Turns:
    """The middleware: one turn for each request that brings a credential."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer, self.queue = answer, Queue(most=max(4, getattr(settings, "POLYDESK_THREADS", 32) // 2))
        self.known: dict[int, int] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        credential = credential_of(request.META)
        if not credential:
            return self.answer(request)
        whose = self.known.get(credential, _UNKNOWN)
        line = self.queue.enter(whose)
        if line is None:
            return refuse(request, Problem("unavailable", "Too many requests at once.", headers={"Retry-After": "2"}))
        try:
            response = self.answer(request)
        finally:
            self.queue.leave(line)
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
class Line:
    """One organization's requests: how many are worked on, which wait, and when the next may begin."""

    whose: int
    running: int = 0
    began: float = 0.0
    free_at: float = 0.0
    waiting: deque[threading.Condition] = field(default_factory=deque)


class Queue:
    """Who is worked on in this process; `most`: how many of one organization may wait."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.clock = most, clock
        self.lock = threading.Lock()
        self.lines: dict[int, Line] = {}
        self.latest = self.other = (-1, float("-inf"))  # the last two organizations that came, and when

    def enter(self, whose: int) -> Line | None:
        """The line that the request stands in now that it is its turn; None when it shall come again."""
        with self.lock:
            now = self.clock()
            if self.latest[0] != whose:
                self.other = self.latest
            self.latest = (whose, now)
            line = self.lines.get(whose)
            if line is None:
                line = self.lines[whose] = Line(whose)
            if (line.waiting or self._pause(line, now) > 0) and not self._wait(line, now + PATIENCE):
                return None
            line.running += 1
            line.began = self.clock()
            return line

    def leave(self, line: Line) -> None:
        with self.lock:
            line.running -= 1
            if line.waiting:
                now = self.clock()
                line.free_at = now + min(now - line.began, LONG)
                line.waiting[0].notify()
            elif not line.running:
                self.lines.pop(line.whose, None)

    def _pause(self, line: Line, now: float) -> float:
        """How long until the next of this line may begin."""
        company = self.other if self.latest[0] == line.whose else self.latest
        if now - company[1] > COMPANY:
            return 0.0
        return (line.began + LONG if line.running else line.free_at) - now

    def _wait(self, line: Line, until: float) -> bool:
        if len(line.waiting) >= self.most:
            return False
        mine = threading.Condition(self.lock)
        line.waiting.append(mine)
        try:
            while True:
                now = self.clock()
                pause = self._pause(line, now) if line.waiting[0] is mine else PATIENCE
                if pause <= 0:
                    return True
                if now >= until:
                    return False
                mine.wait(min(pause, until - now))
        finally:
            line.waiting.remove(mine)
            if line.waiting:
                line.waiting[0].notify()
