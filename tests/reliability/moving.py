# ruff: noqa: E402
"""Run by test_migrating.py as a process of its own: moves a database between the releases, in children that may die.

Django is loaded once; every child is a fork."""

import json
import os
import random
import signal
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
import django

django.setup()

from django.apps import apps
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from polydesk.directory import actors, founding
from polydesk.features.search import words
from polydesk.server import migrating
from polydesk.tickets import chain, commands

FOLDER, TORTURE = Path(sys.argv[1]), "POLYDESK_TORTURE" in os.environ
KILLS, ROWS = (20, 1_000_000 if "DATABASE_URL" in os.environ else 100_000) if TORTURE else (1, 20_000)
DICE = random.Random(7)
# Where an app stood at the last release, if not at its first step; None: it was not there.
PREVIOUS = {"simpletickets": "0001_face", "scanning": None, "mailboxes": None}
# As the release before wrote them, without a mark of whose they are.
OLD_DOCUMENTS = {
    "postgresql": (
        "DELETE FROM search_document",
        "INSERT INTO search_document SELECT id, 'copied:1', 'copied:1' FROM tickets_ticket",
    ),
    "sqlite": (
        "DELETE FROM search_document",
        "INSERT INTO search_document (rowid, ticket_id, public, internal) "
        "SELECT id, id, 'copied', '' FROM tickets_ticket",
    ),
}


def start(act, *facts):
    """A child; the parent holds no connection, so that forks share none."""
    if child := os.fork():
        return child
    status = 1
    try:
        act(*facts)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def done(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def timed(act):
    """Runs to its end; which part of that time it had the processor."""
    began, child = time.monotonic(), start(act)
    _, status, used = os.wait4(child, 0)
    assert status == 0
    return (used.ru_utime + used.ru_stime) / (time.monotonic() - began)


def forward():
    migrating.migrate()


def backward():
    """To the release before; what is not ours stays."""
    executor = MigrationExecutor(connection)
    ours = {app for app, _ in executor.loader.graph.leaf_nodes() if is_ours(app)}
    executor.migrate([(app, PREVIOUS.get(app, "0001_initial")) for app in sorted(ours)])


def is_ours(app):
    return apps.get_app_config(app).name.startswith(("polydesk.", "simpletickets"))


def fill():
    """A house with tickets that went through commands, and many copies of one."""
    house = founding.found("House", "house")
    ada = actors.of(founding.add_person(house, "Ada", role="manager", is_admin=True))
    for number in range(5):
        made = commands.create("incident", {"title": f"t {number}", "description": "d"}, by=ada, via="t")
        commands.comment(made, "c", by=ada, via="t")
    columns = columns_of("tickets_ticket")
    many = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"  # noqa: S608
    with connection.cursor() as cursor:
        rows = f"{many} SELECT {columns} FROM tickets_ticket, n WHERE id = %s"  # noqa: S608
        cursor.execute(f"INSERT INTO tickets_ticket ({columns}) {rows}", [made.pk])
        for statement in OLD_DOCUMENTS[connection.vendor]:
            cursor.execute(statement)
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)" if connection.vendor == "sqlite" else "CHECKPOINT")


def columns_of(table):
    with connection.cursor() as cursor:
        names = [c.name for c in connection.introspection.get_table_description(cursor, table)]
    return ", ".join(f'"{name}"' for name in names if name != "id")


def write(until):
    """Copies a ticket and renames another, again and again; how long the slowest took, and how many were made."""
    columns, slowest, made = columns_of("tickets_ticket"), 0.0, 0
    while not until.exists():
        began = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO tickets_ticket ({columns}) SELECT {columns} FROM tickets_ticket WHERE id = 1")  # noqa: S608
            cursor.execute("UPDATE tickets_ticket SET title = %s WHERE id = 2", [str(made)])
        slowest, made = max(slowest, time.monotonic() - began), made + 1
        time.sleep(0.01)
    until.with_suffix(".report").write_text(json.dumps([slowest, made]))


def linger(seconds):
    """A transaction of another program that has written and does not end for a while."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET title = 'held' WHERE id = 3")
        (FOLDER / "lingers").touch()
        time.sleep(seconds)


def judge(name):
    """What is there now: steps, rows, and whether all chains hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_ticket")
        tickets = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM tickets_comment")
        comments = cursor.fetchone()[0]
        cursor.execute("SELECT app, name FROM django_migrations")
        steps = sorted(f"{app}.{step}" for app, step in cursor.fetchall())
        cursor.execute(
            "SELECT count(*) FROM pg_index WHERE NOT indisvalid" if connection.vendor == "postgresql" else "SELECT 0"
        )
        broken = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM directory_organization")
        found = {"documents": ["copied"], "marked": ["copied", *(words.mark(pk) for (pk,) in cursor.fetchall())]}
        for name_of_count, wanted in found.items():
            on_postgres = connection.vendor == "postgresql"
            query = " & ".join(f"'{word}'" for word in wanted) if on_postgres else " ".join(f'"{w}"' for w in wanted)
            match = "public @@ %s::tsquery" if on_postgres else "search_document MATCH %s"
            cursor.execute(f"SELECT count(*) FROM search_document WHERE {match}", [query])  # noqa: S608
            found[name_of_count] = cursor.fetchone()[0]
    facts = {"tickets": tickets, "comments": comments, "steps": steps, "invalid": broken, **found}
    facts["pending"] = migrating.pending()
    facts["chains"] = 0 if name == "back" else len(list(chain.broken()))
    (FOLDER / f"{name}.json").write_text(json.dumps(facts))


def killed(longest):
    """A migration that dies at a random moment; how it ended."""
    child = start(forward)
    time.sleep(DICE.uniform(0.01, longest))
    os.kill(child, signal.SIGKILL)
    return done(child)


@contextmanager
def writing(name):
    until = FOLDER / name
    child = start(write, until)
    try:
        yield
    finally:
        until.touch()
    assert done(child) == 0


def new_database():
    """Made from nothing, with kills; how these ended."""
    ends = [killed(1.5) for _ in range(KILLS)]
    assert done(start(forward)) == 0
    assert done(start(judge, "new")) == 0
    return ends


def previous_release():
    """Back a release with data, and forward again, with kills; how these ended, and the share of the processor."""
    assert done(start(fill)) == 0
    with writing("writer-back"):
        back = timed(backward)
    assert done(start(judge, "back")) == 0
    ends = [killed(0.7) for _ in range(KILLS)]
    if TORTURE:  # so many have taken all steps by now
        assert done(start(backward)) == 0
    with writing("writer-forward"):
        lingers = start(linger, 4) if connection.vendor == "postgresql" else None
        while lingers and not (FOLDER / "lingers").exists():
            time.sleep(0.02)
        onward = timed(forward)
        assert lingers is None or done(lingers) == 0
    assert done(start(judge, "forward")) == 0
    return ends, {"back": back, "forward": onward}


def main():
    new = new_database()
    previous, shares = previous_release()
    report = {"ends": {"new": new, "previous": previous}, "shares": shares, "rows": ROWS}
    (FOLDER / "ends.json").write_text(json.dumps(report))


main()
