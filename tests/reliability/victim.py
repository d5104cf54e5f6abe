# ruff: noqa: E402
"""Run by test_kills.py as a process of its own: for every failpoint a child that dies there, and one that tries again.

Requests come through Django's client with an Idempotency-Key, as from a program that repeats what got no answer. A new
kind of failpoint needs a line in ACTS: how to pass it, and how to count what it did."""

import json
import os
import signal
import sys
import traceback
from datetime import timedelta
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
import django

django.setup()

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from polydesk import jobs
from polydesk.directory import actors, founding
from polydesk.directory.models import Organization
from polydesk.features.mailboxes import taking
from polydesk.features.mailboxes.models import Mailbox
from polydesk.jobs import running, worker
from polydesk.tickets import chain, commands
from polydesk.tickets.models import Attachment, Comment, Ticket
from polydesk.web import failpoints, files

FOLDER = Path(sys.argv[1])


def request(method, path, key, body=None, **more):
    secret = (FOLDER / "key").read_text()
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {"data": more}
    answer = getattr(client, method)(f"/api/v1{path}", headers=headers, **data)
    assert 200 <= answer.status_code < 300, (path, answer.status_code, answer.content[:300])


def first():
    return int((FOLDER / "ticket").read_text())


def create(key):
    request("post", "/tickets", key, {"title": "t", "description": key})


def comment(key):
    request("post", f"/tickets/{first()}/comments", key, {"text": key, "ticket": {"priority": "high"}})


def attach(key):
    file = SimpleUploadedFile(key, key.encode())
    request("post", f"/tickets/{first()}/attachments", key, file=file)


def merge(key):
    made = Ticket.objects.get(title=f"into {first()}")
    request("post", f"/tickets/{made.pk}/merge", key, {"tickets": [Ticket.objects.get(title=f"from {key}").pk]})


def merging(key):
    house = Organization.objects.get(key="house")
    commands.create("incident", {"title": f"from {key}", "description": ""}, by=actors.system(house.pk), via="t")


@jobs.job("kills.inside", schedule=(0.01,) * 5)
def inside(job):
    house = Organization.objects.get(key="house")
    values = {"title": "t", "description": job.args["key"]}
    commands.create("incident", values, by=actors.system(house.pk), via="t")


@jobs.job("kills.outside", schedule=(0.01,) * 5, atomic=False)
def outside(job):
    with (FOLDER / job.args["key"]).open("a") as sent:
        sent.write("x")


def mail(key):
    """Delivered, and again when it is repeated: the sender's side saw no answer."""
    house = Organization.objects.get(key="house")
    box, _ = Mailbox.objects.get_or_create(organization=house, address="desk@house.example")
    head = f"From: eve@new.example\r\nMessage-ID: <{key}@new.example>\r\nSubject: t"
    body = f"--b\r\n\r\n{key}\r\n--b\r\nContent-Disposition: attachment; filename={key}\r\n\r\nbytes\r\n--b--\r\n"
    taking.take(box, f"{head}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{body}".encode())
    do_jobs(key)


def mailed(key):
    return Ticket.objects.filter(description=key, attachments__name=key).count()


def do_jobs(key):
    while job := running.claim("w", now=timezone.now() + timedelta(minutes=2), lease=timedelta(0)):
        worker.perform(job, reached=failpoints.failpoint)


def tickets_of(key):
    return Ticket.objects.filter(description=key).count()


# how to pass a failpoint of this beginning: (name, what comes before, the act, its effects, how many they may be)
ACTS = {
    "edit": (
        ("create", None, create, tickets_of, {1}),
        ("comment", None, comment, lambda key: Comment.objects.filter(text=key).count(), {1}),
        ("merge", merging, merge, lambda key: Ticket.objects.filter(title=f"from {key}", phase="closed").count(), {1}),
    ),
    "key": (("create", None, create, tickets_of, {1}),),
    "file": (
        ("attach", None, attach, lambda key: Attachment.objects.filter(name=key).count(), {1}),
        ("mail", None, mail, mailed, {1}),
    ),
    "mail": (("mail", None, mail, mailed, {1}),),
    "job": (
        ("inside", lambda key: jobs.later("kills.inside", {"key": key}), do_jobs, tickets_of, {1}),
        # What goes outside may go once more for a kill, never be missing (RS-042).
        ("outside", lambda key: jobs.later("kills.outside", {"key": key}), do_jobs,
         lambda key: len((FOLDER / key).read_text()) if (FOLDER / key).exists() else 0, {1, 2}),
        ("mail", None, mail, mailed, {1}),
    ),
}  # fmt: skip


def in_a_child(act):
    """How it ended: 0, or the signal that killed it. The parent holds no connection, so that forks share none."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        act()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        connections.close_all()
        sys.stderr.flush()
        os._exit(status)


def found():
    house = founding.found("House", "house")
    ada = founding.add_person(house, "Ada", role="manager", is_admin=True)
    (FOLDER / "key").write_text(actors.issue(ada, "native")[1])
    by = actors.of(ada)
    made = commands.create("incident", {"title": "first", "description": ""}, by=by, via="t")
    (FOLDER / "ticket").write_text(str(made.pk))
    commands.create("incident", {"title": f"into {made.pk}", "description": ""}, by=by, via="t")


def die(point, act, key):
    failpoints.arm(f"{point}:kill")
    act(key)


def judge(results):
    """In a last child: what every act has left."""
    told = [
        [point, name, died, again, effects(key), sorted(allowed)]
        for point, name, key, died, again, effects, allowed in results
    ]
    torn = [row.pk for row in Attachment.objects.all() if not files.is_intact(row.sha256, row.size)]
    (FOLDER / "report.json").write_text(
        json.dumps({"acts": told, "torn": torn, "broken": len(list(chain.broken())), "dead": signal.SIGKILL})
    )


def main():
    Client(SERVER_NAME="localhost").get("/healthz")  # loads every address, once for all children
    assert in_a_child(found) == 0
    results = []
    for point in failpoints.names():
        acts = ACTS[point.partition(".")[0]]
        if point.startswith("edit") and "POLYDESK_TORTURE" not in os.environ:
            acts = acts[:1]
        for name, before, act, effects, allowed in acts:
            key = f"{point}-{name}"
            if before:
                assert in_a_child(lambda before=before, key=key: before(key)) == 0
            died = in_a_child(lambda point=point, act=act, key=key: die(point, act, key))
            again = in_a_child(lambda act=act, key=key: act(key))
            results.append((point, name, key, died, again, effects, allowed))
    assert in_a_child(lambda: judge(results)) == 0


main()
