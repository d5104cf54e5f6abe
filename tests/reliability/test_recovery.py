"""Recovery to a point in time: all that was committed before it is there, nothing of later, and it is sound (RS-181).

The way of docs/guides/back-up.md with what comes with PostgreSQL itself (pg_basebackup and a kept write-ahead log)."""

import os
import pwd
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.reliability.postgres import Server
from tests.server.desks import POSTGRES, Desk

pytestmark = [
    pytest.mark.spec("RS-181"),
    pytest.mark.skipif(not POSTGRES, reason="SQLite has `polydesk backup`"),
    pytest.mark.skipif("POLYDESK_TORTURE" not in os.environ, reason="takes half a minute: ./dev torture --only tests"),
]
WRITE = """
from polydesk.directory import actors, founding
from polydesk.directory.models import Organization, Person
from polydesk.tickets import commands
house = Organization.objects.first() or founding.found("House", "house")
ada = Person.objects.filter(login="ada").first() or founding.add_person(house, "Ada", login="ada", role="manager")
for number in range({count}):
    commands.create("incident", {{"title": "{title}", "description": str(number)}}, by=actors.of(ada), via="cli")
"""


def program(server, name):
    """Of the very release that runs there."""
    return Path(psutil.Process(server.pid).exe()).with_name(name)


def write(desk, title, count=20):
    done = desk.run("manage", "shell", "--no-imports", "-c", WRITE.format(title=title, count=count))
    assert done.returncode == 0, done.stderr


def ask(url, sql):
    with psycopg.connect(url, autocommit=True) as server:
        return server.execute(sql).fetchone()[0]


@contextmanager
def archiving():
    """A server that keeps its write-ahead log beside it."""
    with Server() as server:
        archive = server.folder / "archive"
        archive.mkdir(mode=0o777)
        archive.chmod(0o777)
        server.execute("ALTER SYSTEM SET archive_mode = on")
        server.execute(f"ALTER SYSTEM SET archive_command = 'cp %p {archive}/%f'")
        server.kill()
        server.raise_again()
        yield server, archive


def wait_until_kept(server, archive):
    """All that is written so far lies in the archive."""
    last, ends = ask(server.url, "SELECT pg_walfile_name(pg_switch_wal())"), time.monotonic() + 30
    while not (archive / last).exists():
        assert time.monotonic() < ends
        time.sleep(0.1)


@contextmanager
def recovered(server, copy, archive, moment):
    """A second server from the copy, brought to the moment and opened."""
    owner = pwd.getpwuid((server.folder / "data" / "PG_VERSION").stat().st_uid)
    (copy / "recovery.signal").touch()
    with (copy / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"archive_mode = off\nrestore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{moment}'\nrecovery_target_action = promote\n"
        )
    (copy / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    words = [program(server, "postgres"), "-D", copy, "-k", copy, "-c", "listen_addresses="]
    log = server.folder / "recovery.log"
    with subprocess.Popen(words, user=owner.pw_uid, group=owner.pw_gid, stderr=log.open("w")) as process:
        try:
            url = f"postgresql://postgres:@/postgres?host={copy}"
            open_for_writes(url, log)
            yield url
        finally:
            process.terminate()


def open_for_writes(url, log):
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            if not ask(url, "SELECT pg_is_in_recovery()"):
                return
        except psycopg.OperationalError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_a_copy_and_the_log_lead_to_every_moment_in_between(tmp_path):
    with archiving() as (server, archive):
        desk = Desk.fresh(tmp_path / "desk", DATABASE_URL=server.url)
        assert desk.run("migrate").returncode == 0
        write(desk, "in the copy")
        copy = server.folder / "copy"
        subprocess.run([program(server, "pg_basebackup"), "-d", server.url, "-D", copy, "-c", "fast"], check=True)
        write(desk, "in the log")
        moment = ask(server.url, "SELECT clock_timestamp()::text")
        time.sleep(0.1)
        write(desk, "too late")
        wait_until_kept(server, archive)
        before = "SELECT array_agg(id ORDER BY id) FROM tickets_ticket WHERE title <> 'too late'"
        chains = "SELECT md5(string_agg(digest, '' ORDER BY id)) FROM tickets_event WHERE ticket_id <= 40"
        expected = [ask(server.url, before), ask(server.url, chains)]
        with recovered(server, copy, archive, moment) as url:
            assert len(expected[0]) == 40
            assert [ask(url, "SELECT array_agg(id ORDER BY id) FROM tickets_ticket"), ask(url, chains)] == expected
            elsewhere = Desk.fresh(tmp_path / "elsewhere", DATABASE_URL=url)
            shutil.copytree(desk.folder, elsewhere.folder)
            assert elsewhere.run("restore", "--hold-jobs").returncode == 0
            assert ask(url, "SELECT count(*) FROM jobs_job WHERE done IS NULL") == 0
            checked = elsewhere.run("check")
            assert checked.stdout.strip().endswith("0 differences"), checked.stdout + checked.stderr
