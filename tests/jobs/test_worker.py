"""The worker's loop: threads, renewal, stopping, and being killed."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs import worker
from polydesk.jobs.models import Job
from tests.jobs import kinds
from tests.jobs.kinds import effects
from tests.web.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def working(**options):
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, kwargs={"stop": stop, "poll": 0.05, **options})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def wait_until(true, seconds=15.0):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, list(Job.objects.waiting().values()[:5])
        time.sleep(0.05)


def all_done():
    return not Job.objects.waiting().exclude(kind="tick").exists()


@pytest.mark.spec("RS-041", "RS-042")
def test_threads_do_every_job_once_and_keep_each_lane_in_order():
    texts = [f"{n % 4}:{n:02}" for n in range(40)]
    for text in texts:
        jobs.later("test.note", {"text": text}, lane=f"lane {text[0]}")
    with working(threads=4):
        wait_until(all_done)
    assert sorted(effects()) == sorted(texts)
    for lane in "0123":
        own = [text for text in effects() if text.startswith(lane)]
        assert own == sorted(own)


@pytest.mark.spec("RS-041")
def test_a_long_job_is_renewed_and_so_done_once():
    jobs.later("test.outside", {"text": "long", "seconds": 1.5})
    kinds.seen.clear()
    with working(threads=2, lease=timedelta(seconds=0.6)):
        wait_until(all_done)
    assert len(kinds.seen) == 2
    assert Job.objects.get(kind="test.outside").tries == 1


@pytest.mark.spec("RS-047")
def test_a_hanging_endpoint_does_not_delay_another():
    kinds.seen.clear()
    for _ in range(6):
        jobs.later("test.outside", {"text": "slow", "seconds": 0.8}, group="hangs")
    jobs.later("test.outside", {"text": "quick"}, group="good")
    with working(threads=3):
        wait_until(lambda: any(what[0] == "end" for what in kinds.seen))
        assert next(what[2] for what in kinds.seen if what[0] == "end") == "quick"
        assert sum(what[0] == "begin" and what[1] == "hangs" for what in kinds.seen) <= 2
        wait_until(all_done)


@pytest.mark.spec("RS-191", "PL-007")
def test_stopping_finishes_the_job_in_hand_and_begins_no_other():
    kinds.seen.clear()
    jobs.later("test.outside", {"text": "first", "seconds": 0.5})
    jobs.later("test.outside", {"text": "second", "seconds": 0.5})
    with working(threads=1):
        wait_until(lambda: kinds.seen)
    assert [what[0] for what in kinds.seen] == ["begin", "end"]
    assert Job.objects.waiting().filter(kind="test.outside").count() == 1


@pytest.mark.spec("RS-009")
def test_a_failure_between_effect_and_mark_leaves_neither():
    def reached(name):
        if name == "job.ran" and not fallen:
            fallen.append(name)
            raise RuntimeError(name)

    fallen = []
    pk = jobs.later("test.slow", {"text": "a"})
    with working(threads=1, reached=reached):
        wait_until(all_done)
    assert effects() == ["a"]
    assert Job.objects.get(pk=pk).tries == 2


PROGRAM = """
import datetime, django; django.setup()
import tests.jobs.kinds
from polydesk.jobs import worker
print("ready", flush=True)
worker.run(threads=2, lease=datetime.timedelta(seconds=2), poll=0.1)
"""


@pytest.fixture
def start_worker():
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.spec("RS-041", "RS-042", "RS-001")
def test_killed_workers_jobs_are_taken_again_and_every_effect_happens_once(start_worker):
    texts = [f"{n % 8 if n % 2 else 'x'}:{n:03}" for n in range(100)]
    workers = [start_worker() for _ in range(3)]
    for process in workers:
        assert process.stdout.readline() == "ready\n"
    with transaction.atomic():  # they begin together, and a lane alone takes longer than the two kills
        for text in texts:
            jobs.later("test.slow", {"text": text, "seconds": 0.05}, lane="" if text[0] == "x" else f"lane {text[0]}")
    for process in workers[:2]:
        wait_until(lambda: Job.objects.waiting().exclude(owner="").exists())
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not all_done()
    wait_until(all_done, 60)
    assert sorted(effects()) == sorted(texts)
    for lane in "1357":
        own = [text for text in effects() if text.startswith(lane)]
        assert own == sorted(own)
    began = time.monotonic()
    workers[2].terminate()
    assert workers[2].wait(10) == 0
    assert time.monotonic() - began < 5


@pytest.mark.spec("RS-194", "RS-005")
def test_a_worker_survives_a_database_that_does_not_answer(monkeypatch):
    options = connections.settings["default"].setdefault("OPTIONS", {})
    if connection.vendor == "sqlite":
        monkeypatch.setitem(options, "timeout", 0.2)
    jobs.later("test.note", {"text": "before"})
    with working(threads=2):
        wait_until(all_done)
        disturb()
        jobs.later("test.note", {"text": "after"})
        wait_until(all_done)
    assert effects() == ["before", "after"]


def disturb():
    """SQLite: the write lock is held for longer than anybody waits. PostgreSQL: every other connection is cut."""
    if connection.vendor == "sqlite":
        with transaction.atomic():
            jobs.later("test.note", {"text": "rolled back"})
            time.sleep(1)
            transaction.set_rollback(True)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )


def test_what_was_left_by_a_killed_worker_is_due_again_by_itself():
    jobs.later("test.note", {"text": "a"})
    Job.objects.update(owner="dead:1", tries=1, due=timezone.now() - timedelta(seconds=1))
    with working(threads=1):
        wait_until(all_done)
    assert effects() == ["a"]
