# ruff: noqa: E402, T201
"""Run by test_fetching.py as a process of its own: for each line on standard input a child that does one thing, as
starting anew costs seconds. `found PORT` makes the mailbox, `fetch` is a worker that fetches it, `tell` says what was
kept; the answer is the child's number, and its own line."""

import os
import sys
from datetime import timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
import django

django.setup()

from django.db import connections
from django.utils import timezone

from polydesk.channels.email import fetching
from polydesk.directory import founding
from polydesk.features.mailboxes import boxes
from polydesk.features.mailboxes.models import Mailbox, Message
from polydesk.jobs import running, worker
from polydesk.jobs.models import Job
from polydesk.web import sealing


def found(port):
    Mailbox.objects.create(
        organization=founding.found("House", "house"),
        address="desk@house.example",
        host="127.0.0.1",
        port=int(port),
        security=Mailbox.PLAIN,
        login="desk",
        password=sealing.seal("secret", boxes.PURPOSE),
    )
    return "founded"


def fetch():
    fetching.ask(Mailbox.objects.get().pk)
    while job := running.claim("w", now=timezone.now() + timedelta(minutes=5), lease=timedelta(0)):
        if job.kind == boxes.FETCH:
            worker.perform(job)
        else:
            job.finish()
    return Mailbox.objects.get().error or "fetched"


def tell():
    names = Message.objects.order_by("id").values_list("message_id", flat=True)
    return " ".join([str(Job.objects.filter(kind="email.read").count()), *names])


for line in sys.stdin:
    act, *arguments = line.split()
    if child := os.fork():
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)
        continue
    print({"found": found, "fetch": fetch, "tell": tell}[act](*arguments), flush=True)
    connections.close_all()
    os._exit(0)
