"""`polydesk backup` while people work, `polydesk restore` elsewhere, and `polydesk check` afterwards."""

import gzip
import json
import subprocess
import sys
import time

import pytest

from tests.server.desks import POSTGRES, Desk

WRITER = """
import io
from polydesk import jobs
from polydesk.directory import actors
from polydesk.directory.models import Person
from polydesk.tickets import commands
from polydesk.web import files
import datetime as dt, pathlib, sys
actor = actors.of(Person.objects.get(login="ada"))
log = open({log!r}, "a", buffering=1)
for number in range({count}):
    stored = files.store([f"log of {{number}}".encode()])
    file = commands.NewFile("log.txt", stored.size, stored.sha256)
    values = {{"title": f"Number {{number}}", "description": "x"}}
    ticket = commands.create("incident", values, by=actor, via="cli", files=[file])
    log.write(f"{{ticket.pk}}\\n")
"""
ASK = """
import json
from polydesk.jobs.models import Job
from polydesk.tickets.models import Ticket
print(json.dumps([sorted(Ticket.objects.values_list("pk", flat=True)), Job.objects.waiting().count()]))
"""


def shell(desk, code):
    answer = desk.run("manage", "shell", "--no-imports", "-c", code)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def worked_on(tmp_path_factory):
    """A desk, an archive made of it under load, and the numbers that had been accepted when the backup began."""
    desk = Desk.migrated(tmp_path_factory.mktemp("worked-on") / "desk")
    assert desk.run("init", "--organization", "Example", "--admin", "ada").returncode == 0
    log = desk.folder.parent / "accepted"
    code = WRITER.format(log=str(log), count=100_000)
    writer = subprocess.Popen(
        [sys.executable, "-m", "polydesk.server", "manage", "shell", "--no-imports", "-c", code],
        env=desk.environment,
        cwd=desk.folder.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 60
        while not log.exists() or len(log.read_text().splitlines()) < 20:
            assert writer.poll() is None and time.monotonic() < ends
            time.sleep(0.1)
        desk.accepted = [int(line) for line in log.read_text().split()]
        desk.archive = desk.folder.parent / "backup.tar.gz"
        made = desk.run("backup", str(desk.archive))
        assert made.returncode == 0, made.stderr
        assert len(log.read_text().split()) > len(desk.accepted), "nobody wrote meanwhile"
    finally:
        writer.kill()
        writer.wait()
    return desk


@pytest.mark.spec("RS-180", "RS-182", "RS-012", "PL-022")
def test_what_was_accepted_before_the_backup_is_there_after_the_restore_and_all_is_sound(worked_on, tmp_path):
    elsewhere = Desk.fresh(tmp_path / "elsewhere")
    restored = elsewhere.run("restore", str(worked_on.archive))
    assert restored.returncode == 0, restored.stderr
    tickets, waiting = json.loads(shell(elsewhere, ASK))
    assert set(worked_on.accepted) <= set(tickets)
    assert waiting == 0, "jobs from before the restore are held"
    checked = elsewhere.run("check", "database", "files", "audit")
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "0 differences"), checked.stdout
    assert "chain intact" in checked.stdout
    # New numbers go on behind the old ones.
    shell(elsewhere, WRITER.format(log=str(tmp_path / "more"), count=1))
    assert int((tmp_path / "more").read_text()) > max(tickets)
    _finds_what_is_spoiled(elsewhere)


def _finds_what_is_spoiled(desk):
    """RS-012 and PL-022: one changed byte of a file, one changed value of an event."""
    file = next(path for path in (desk.folder / "files").rglob("*") if path.is_file() and "incoming" not in path.parts)
    file.chmod(0o600)
    file.write_bytes(b"!" + file.read_bytes()[1:])
    shell(
        desk,
        "from polydesk.tickets.models import Event\n"
        "event = Event.objects.order_by('id')[3]\n"
        "Event.objects.filter(pk=event.pk).update(changes={'title': ['', 'forged']})",
    )
    found = desk.run("check", "files", "audit")
    assert found.returncode == 1
    assert found.stdout.count("is missing or was changed") == 1
    assert "its values were changed" in found.stdout


@pytest.mark.spec("RS-180")
def test_a_restore_never_writes_over_a_desk_unless_forced(worked_on):
    refused = worked_on.run("restore", str(worked_on.archive))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    forced = worked_on.run("restore", str(worked_on.archive), "--force")
    assert forced.returncode == 0, forced.stderr
    assert set(worked_on.accepted) <= set(json.loads(shell(worked_on, ASK))[0])


@pytest.mark.spec("RS-180")
@pytest.mark.parametrize("spoil", ["cut", "flip", "nothing_of_ours", "newer"])
def test_a_damaged_or_newer_archive_is_refused_and_leaves_nothing(worked_on, tmp_path, spoil):
    archive = tmp_path / "spoiled.tar.gz"
    archive.write_bytes(SPOILS[spoil](worked_on.archive.read_bytes()))
    desk = Desk(tmp_path / "desk", worked_on.environment | {"POLYDESK_DATA_DIR": str(tmp_path / "desk")})
    if POSTGRES:
        desk = Desk.fresh(tmp_path / "desk")
    refused = desk.run("restore", str(archive))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert not (tmp_path / "desk" / "files").exists()


def _flip(content):
    plain = bytearray(gzip.decompress(content))
    plain[len(plain) // 2] ^= 1
    return gzip.compress(bytes(plain), 1)


SPOILS = {
    "cut": lambda content: content[: len(content) // 2],
    "flip": _flip,
    "nothing_of_ours": lambda content: b"once upon a time",
    "newer": lambda content: gzip.compress(gzip.decompress(content).replace(b'"format": 1', b'"format": 9'), 1),
}


@pytest.mark.spec("RS-180")
def test_a_backup_never_writes_over_a_file(worked_on):
    refused = worked_on.run("backup", str(worked_on.archive))
    assert refused.returncode == 1
    assert "exists" in refused.stderr


def test_a_slip_of_the_pen_makes_no_desk(tmp_path):
    if POSTGRES:
        pytest.skip("a database server has no folder to mistype")
    refused = Desk.fresh(tmp_path / "tpyo").run("backup")
    assert refused.returncode == 1
    assert "no desk" in refused.stderr
    assert not (tmp_path / "tpyo").exists()
