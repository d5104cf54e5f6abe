"""Kinds of jobs that only tests know; the workers that tests start import this module too."""

import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from polydesk import jobs
from polydesk.jobs.models import Job

seen = []


def note(text):
    """An effect in our own database, beside the job table: a finished row that nobody will run."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO jobs_job (kind, args, lane, "group", slots, key, due, tries, owner, created, done, error)
               VALUES ('test.effect', '{}', %(text)s, '', 0, '', %(now)s, 0, '', %(now)s, %(now)s, '')""",
            {"text": text, "now": timezone.now()},
        )


def effects():
    return list(Job.objects.filter(kind="test.effect").order_by("id").values_list("lane", flat=True))


@jobs.job("test.note")
def write(job):
    note(job.args["text"])
    return {"wrote": job.args["text"]}


@jobs.job("test.slow", schedule=(0.1,) * 20)
def slow(job):
    time.sleep(job.args.get("seconds", 0.01))
    note(job.args["text"])


@jobs.job("test.outside", atomic=False, slots=2)
def outside(job):
    seen.append(("begin", job.group, job.args.get("text"), connection.in_atomic_block))
    time.sleep(job.args.get("seconds", 0))
    seen.append(("end", job.group, job.args.get("text"), time.monotonic()))


@jobs.job("test.fails", schedule=(5, 300))
def fails(job):
    note("never kept")
    raise OSError("no route")


@jobs.job("test.retry", atomic=False)
def retry(job):
    raise jobs.Retry("busy", after=timedelta(hours=3))


@jobs.job("test.give_up", atomic=False)
def give_up(job):
    raise jobs.GiveUp("410 Gone")


@jobs.job("test.finishing", atomic=False)
def finishing(job):
    with job.finishing():
        note(job.args["text"])
        job.result = "sent"
