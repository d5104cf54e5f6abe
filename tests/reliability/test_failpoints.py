"""Between any two writes the program may fail or die: all of an action is there afterwards, or nothing (RS-002)."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from django.apps import apps
from django.db import connection, transaction

from polydesk.tickets import chain, commands
from polydesk.tickets.commands import NewFile
from polydesk.tickets.models import Ticket
from polydesk.web import failpoints
from polydesk.web.failpoints import Failed, armed

POINTS = [name for name in failpoints.names() if name.startswith("edit.")]
OURS = ("directory", "tickets", "jobs", "web", "search", "sla", "webhooks")


def contents():
    """How many rows every table of ours holds, and all of the tickets'."""
    counts = {
        m._meta.label: m._default_manager.count()
        for label in OURS
        if apps.is_installed(f"polydesk.{label}") or label in apps.app_configs
        for m in apps.get_app_config(label).get_models()
        if m._meta.managed
    }
    return counts, list(Ticket.objects.order_by("pk").values())


def acts(world):
    """Each verb as the action of one request."""
    anna, mona = world.actor("anna"), world.actor("mona")
    ticket, other = world.ticket(description="d"), world.ticket(title="other")
    file = NewFile("a.txt", 3, "a" * 64)
    entry = commands.comment(ticket, "first", by=anna, via="t").comment
    gone = world.ticket(title="gone")
    commands.remove(gone, by=mona, via="t")
    return {
        "create": lambda: commands.create(
            "incident", {"title": "t", "description": "d", "watchers": [world.bob.pk]}, by=anna, via="t", files=[file]
        ),
        "edit": lambda: commands.edit(ticket, {"title": "n", "assigned_people": [world.bob.pk]}, by=anna, via="t"),
        "comment": lambda: commands.comment(
            ticket, "x", by=anna, via="t", files=[file], seconds=60, values={"impact": 2}
        ),
        "edit_comment": lambda: commands.edit_comment(entry, by=anna, via="t", text="second"),
        "attach": lambda: commands.attach(ticket, [file], by=anna, via="t"),
        "close": lambda: commands.close(ticket, by=anna, via="t", rating=("five_points", 5, "")),
        "link": lambda: commands.link(ticket, other, "related", by=anna, via="t"),
        "merge": lambda: commands.merge([ticket], other, by=anna, via="t"),
        "split": lambda: commands.split(ticket, [entry.pk], by=anna, via="t"),
        "remove": lambda: commands.remove(ticket, by=mona, via="t"),
        "purge": lambda: commands.purge(gone, by=mona, via="t"),
    }


@pytest.mark.django_db
@pytest.mark.spec("RS-002", "RS-009", "CE-290", "AT-050", "CR-068")
def test_a_failure_between_any_two_writes_leaves_no_trace(world):
    tried = 0
    for verb, act in acts(world).items():
        before = contents()
        for point in POINTS:
            try:
                with armed(f"{point}:raise"), transaction.atomic():
                    act()
                    raise LookupError(point)  # this verb does not pass the point
            except (Failed, LookupError):
                pass
            assert contents() == before, (verb, point)
            tried += 1
    assert tried == len(POINTS) * 11 and len(POINTS) >= 6
    assert not list(chain.broken())


WRITER = """
    import os, sys
    os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
    import django
    django.setup()
    from django.conf import settings
    settings.TESTING = True
    from polydesk.directory import actors
    from polydesk.directory.models import Organization
    from polydesk.tickets import commands
    from polydesk.web import failpoints
    organization = Organization.objects.get(key="house")
    by = actors.system(organization.pk)
    if len(sys.argv) > 1 and sys.argv[1]:
        failpoints.arm(sys.argv[1])
    for n in range(int(sys.argv[2])):
        made = commands.create("incident", {"title": f"{os.getpid()}-{n}", "description": "d"}, by=by, via="t")
        print(made.pk, made.title, flush=True)
"""


@pytest.fixture
def desk(tmp_path):
    """A desk on a database file of its own, with an organization."""
    (tmp_path / "desk").mkdir()
    env = {
        **os.environ,
        "POLYDESK_DATA_DIR": str(tmp_path / "desk"),
        "POLYDESK_DATABASE_URL": "",
        "POLYDESK_SECRET_KEY": "for tests only: this key protects nothing at all",
    }
    env.pop("DATABASE_URL", None)
    start = """
        import os
        os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
        import django
        django.setup()
        from django.core.management import call_command
        from polydesk.directory import founding
        call_command("migrate", verbosity=0)
        founding.found("House", "house")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(start)], env=env, check=True, timeout=240)

    def write(arm="", count=1):
        words = [sys.executable, "-c", textwrap.dedent(WRITER), arm, str(count)]
        return subprocess.run(words, env=env, capture_output=True, text=True, timeout=120)

    def look():
        script = """
            import os, json
            os.environ["DJANGO_SETTINGS_MODULE"] = "polydesk.server.settings"
            import django
            django.setup()
            from polydesk.tickets import chain
            from polydesk.tickets.models import Comment, Event, Ticket
            print(json.dumps([list(Ticket.objects.values_list("id", "title")), Event.objects.count(),
                              Comment.objects.count(), len(list(chain.broken()))]))
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], env=env, capture_output=True, text=True, timeout=120
        )
        return json.loads(done.stdout.splitlines()[-1])

    return write, look


@pytest.mark.skipif(connection.vendor != "sqlite", reason="kills writers of a database file of its own, once a suite")
@pytest.mark.spec("RS-001", "RS-009")
def test_kill_at_every_failpoint_loses_nothing_answered_and_keeps_nothing_half_written(desk):
    write, look = desk
    answered = []
    for point in POINTS:
        done = write(f"{point}:3:kill", 5)
        assert done.returncode == -signal.SIGKILL, done.stderr
        answered += [line.split(" ", 1) for line in done.stdout.splitlines()]
    tickets, events, comments, broken = look()
    kept = {str(pk): title for pk, title in tickets}
    lost = [pk for pk, title in answered if kept.get(pk) != title]
    assert lost == [] and broken == 0
    assert len(tickets) == events == comments == 2 * len(POINTS)
    assert len({title for _, title in tickets}) == len(tickets)
