"""The worker: some threads that run jobs, one that renews their leases, and one that looks for work and fires ticks.

`run()` returns when `stop` is set (SIGTERM and SIGINT set it) and the jobs in hand are finished; what takes longer than
the grace is left to be taken again when its lease ends (PL-007, RS-191).
"""

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connections, transaction

from polydesk.jobs import clock, running
from polydesk.jobs.registry import KINDS, GiveUp, Kind, Retry
from polydesk.jobs.running import LostLease, Running
from polydesk.jobs.ticks import Scheduler

log = logging.getLogger("polydesk.jobs")

# Told of the places where a test may make the worker raise, die or sleep: the server passes `web.failpoints.failpoint`.
Reached = Callable[[str], None]
_UNKNOWN_KIND_WAIT = timedelta(minutes=5)
_DATABASE_AWAY = (OperationalError, InterfaceError)


def run(
    *,
    threads: int = 2,
    stop: threading.Event | None = None,
    lease: timedelta = running.LEASE,
    poll: float = 0.3,
    grace: float = 8.0,
    reached: Reached = lambda name: None,
) -> None:
    worker = Worker(threads, stop or threading.Event(), lease, poll, grace, reached)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop.set())
    worker.run()


class Worker:
    def __init__(
        self, threads: int, stop: threading.Event, lease: timedelta, poll: float, grace: float, reached: Reached
    ) -> None:
        self.stop, self.lease, self.poll, self.grace, self.reached = stop, lease, poll, grace, reached
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.ended = threading.Event()
        self.work = threading.Condition()
        self.in_hand: dict[int, Running] = {}
        self.threads = [
            threading.Thread(target=self._work, args=(f"{self.name}:{number}",), daemon=True, name=f"job-{number}")
            for number in range(threads)
        ]
        self.renewal = threading.Thread(target=self._renew, daemon=True, name="job-leases")

    def run(self) -> None:
        for thread in (*self.threads, self.renewal):
            thread.start()
        try:
            self._look_for_work()
        finally:
            self.stop.set()
            self._wake()
            ends = time.monotonic() + self.grace
            for thread in self.threads:
                thread.join(max(0.0, ends - time.monotonic()))
            self.ended.set()
            connections.close_all()

    def _look_for_work(self) -> None:
        scheduler = Scheduler()
        while not self.stop.wait(self.poll):
            try:
                now = clock.now()
                scheduler.fire(now)
                if running.anything_due(now):
                    self._wake()
            except _DATABASE_AWAY as problem:
                self._database_away(problem)

    def _work(self, owner: str) -> None:
        try:
            while not self.stop.is_set():
                if not self._work_once(owner):
                    connections.close_all()
                    with self.work:
                        if not self.stop.is_set():
                            self.work.wait(timeout=30)
        finally:
            connections.close_all()

    def _work_once(self, owner: str) -> bool:
        """Whether there was something to do."""
        try:
            claimed = running.claim(owner, now=clock.now(), lease=self.lease)
            if claimed is None:
                return False
            self.in_hand[claimed.id] = claimed
            try:
                perform(claimed, reached=self.reached)
            finally:
                del self.in_hand[claimed.id]
        except LostLease:
            log.warning("a job's lease was lost while it ran")
        except _DATABASE_AWAY as problem:
            self._database_away(problem)
        return True

    def _renew(self) -> None:
        """Keeps the leases of what is in hand, also while the worker is stopping."""
        try:
            while not self.ended.wait(self.lease.total_seconds() / 3):
                try:
                    for job in list(self.in_hand.values()):
                        job.renew(self.lease)
                except _DATABASE_AWAY as problem:
                    self._database_away(problem)
        finally:
            connections.close_all()

    def _wake(self) -> None:
        with self.work:
            self.work.notify_all()

    def _database_away(self, problem: Exception) -> None:
        """Locked (SQLite) or gone: nothing is lost, as jobs are taken again; do not hammer it."""
        log.warning("the database did not answer: %s", problem)
        connections.close_all()
        self.stop.wait(1.0)


def perform(job: Running, *, reached: Reached = lambda name: None) -> Exception | None:
    """Runs one claimed job to one of its ends; what its handler raised, if that was a surprise."""
    known = KINDS.get(job.kind)
    if known is None:  # an older release does not know the kind: leave it to a newer one
        job.put_off(f"nobody here knows the kind {job.kind}", after=_UNKNOWN_KIND_WAIT)
        return None
    if job.tries > len(known.schedule) + 1:
        job.give_up("its worker died at every try")
        return None
    try:
        reached("job.claimed")
        _call(known, job, reached)
        return None
    except GiveUp as reason:
        job.give_up(str(reason))
    except Retry as reason:
        _put_off(job, str(reason), reason.after)
    except LostLease:
        raise
    except Exception as surprise:
        log.exception("job %s (%s) failed at try %s", job.id, job.kind, job.tries)
        _put_off(job, f"{type(surprise).__name__}: {surprise}", None)
        return surprise
    return None


def _call(known: Kind, job: Running, reached: Reached) -> None:
    if known.atomic:
        with transaction.atomic():
            job.result = known.handler(job)
            reached("job.ran")
            job.finish()
        reached("job.finished")
        return
    result = known.handler(job)
    reached("job.ran")
    if not job.finished:
        job.result = result
        job.finish()
    reached("job.finished")


def _put_off(job: Running, reason: str, after: timedelta | None) -> None:
    if job.finished:  # it failed after its own `finishing()`: what it promised is done
        return
    wait = job.next_wait()
    if wait is None:
        job.give_up(reason)
    else:
        job.put_off(reason, after=after or wait)
